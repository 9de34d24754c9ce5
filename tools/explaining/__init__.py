"""What recognizers attend to: measured over clips, and drawn on their pictures."""
