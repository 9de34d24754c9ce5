#!/usr/bin/env bash
# mmcv, mmdet and mmpose beside wildpose: tools/install_openmmlab.sh [PYTHON]
#
# PYTHON is the interpreter of the environment that they go to, .venv/bin/python unless named.
# Nothing that is installed there changes, torch and numpy least of all, but for setuptools, whose
# newer releases lack what mmengine imports. mmcv is compiled for the torch that is there: a quarter
# of an hour on two cores, once per machine, since its wheel is kept. A second run finds all done.
set -euo pipefail

# One set of versions that works together: mmdet 3.3.0 takes no mmcv from 2.2 on, and mmpose 1.3.2
# lists chumpy, which builds nowhere any more and which nothing here needs.
mmcv=2.1.0 mmdet=3.3.0 mmpose=1.3.2 xtcocotools=1.14.3
needed=(mmengine-lite==0.10.7 pycocotools==2.0.11 terminaltables==3.1.10 shapely==2.1.2
    json_tricks==3.17.3 munkres==1.1.4 six tqdm pillow matplotlib torchvision)
build_tools=(wheel==0.45.1 ninja==1.13.0 psutil==7.2.2 cython==3.2.6)
setuptools="setuptools>=70,<80"

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${1:-$checkout/.venv/bin/python}

say() { echo "install_openmmlab: $*"; }
stop() { echo "install_openmmlab: $*" >&2; exit 1; }

[[ $# -le 1 && $python != -* ]] || stop "usage: tools/install_openmmlab.sh [PYTHON], the interpreter of an environment"
[[ -x $(command -v "$python" || true) ]] || stop "no interpreter $python: make the environment first, python3 -m venv .venv && .venv/bin/pip install -c constraints.txt -e ."
python=$(command -v "$python")
python=$(cd "$(dirname "$python")" && pwd)/${python##*/} # the same from the checkout
[[ $(uname -s) == Linux ]] || stop "this script is for Linux, this is $(uname -s)"
"$python" -c 'import sys; sys.exit(sys.prefix == sys.base_prefix)' ||
    stop "$python is of no virtual environment: python3 -m venv .venv, and name .venv/bin/python"
versions='print("torch", torch.__version__, "numpy", numpy.__version__)' # which must stay
# All in one: torch takes seconds to load.
facts=$("$python" -c "import platform, sys, torch, numpy, wildpose; $versions"'
print(f"cp{sys.version_info[0]}{sys.version_info[1]}-{platform.machine()}-torch{torch.__version__}")
print(torch.version.cuda or "")' 2>/dev/null) ||
    stop "no wildpose beside $python: $python -m pip install -c constraints.txt -e . comes first"
{ read -r before; read -r tags; read -r cuda || true; } <<< "$facts"
pip() { "$python" -m pip --disable-pip-version-check --no-input "$@"; }

works() { (cd "$checkout" && "$python" -m wildpose.openmmlab "$@"); }
say "looking at what $python has, up to a minute"
if works 2>/dev/null; then
    say "all there already, nothing done ($before)"
    exit 0
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Whatever is installed stays as it is; the names of what this script brings are left free.
"$python" - > "$scratch/as-is.txt" << 'PYTHON'
import re
from importlib.metadata import distributions

ours = {"mmcv", "mmcv-lite", "mmdet", "mmpose", "xtcocotools", "setuptools", "wildpose"}
for each in distributions():
    name = re.sub(r"[-_.]+", "-", each.metadata["Name"] or "").lower()
    if name and name not in ours:
        print(f"{name}=={each.version}")
PYTHON
install() { pip install --quiet --constraint "$scratch/as-is.txt" "$@"; }

# Our versions of what is not there, the bare names of the rest.
unless_there() {
    local each name
    for each in "$@"; do
        name=${each%%==*}
        if grep -q "^${name//_/-}==" "$scratch/as-is.txt"; then echo "$name"; else echo "$each"; fi
    done
}

# A wheel of mmcv fits one Python, one torch, and one way of building it.
nvcc=$(command -v "${CUDA_HOME:+$CUDA_HOME/bin/}nvcc" || true)
if [[ -n $cuda && -n $nvcc ]]; then
    kind=cuda$cuda
    export FORCE_CUDA=1
else
    kind=cpu
    export CUDA_VISIBLE_DEVICES= FORCE_CUDA=0 # or it would look for nvcc
fi
caches=${WILDPOSE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wildpose}
wheels=$caches/openmmlab/mmcv$mmcv-$kind-$tags

compiler=${CXX:-c++}
command -v "$compiler" > /dev/null || stop "no C++ compiler ($compiler) to build mmcv with: install g++ (Debian, Ubuntu: apt-get install build-essential), or set CXX"
header=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h
[[ -f $header ]] || stop "no $header to build mmcv with: install the headers of this Python (Debian, Ubuntu: apt-get install python3-dev)"

say "1 of 4: what they need ($before stay)"
pip install --quiet "$setuptools"
mapfile -t parts < <(unless_there "${build_tools[@]}" "${needed[@]}")
install "${parts[@]}"
PATH=$(dirname "$python"):$PATH # ninja

compile() {
    # What is compiled stays in the cache until all is: a build that was broken off goes on.
    local source=$wheels/build/mmcv-$mmcv log=$wheels/build/log built
    if [[ ! -f $source/setup.py ]]; then
        pip download --quiet --no-deps --no-build-isolation --no-binary mmcv --dest "$scratch" "mmcv==$mmcv"
        tar -xzf "$scratch/mmcv-$mmcv.tar.gz" -C "$scratch"
        rm -rf "$source"
        mv "$scratch/mmcv-$mmcv" "$source"
    fi
    if ! pip wheel --verbose --no-deps --no-build-isolation --no-cache-dir \
        --wheel-dir "$scratch/wheel" "$source" > "$log" 2>&1; then
        grep -iE "error:|fatal|killed|no space" "$log" | head -n 10 >&2 || tail -n 10 "$log" >&2
        stop "mmcv $mmcv could not be built, see above and $log; run this again to go on"
    fi
    # Whole under its name or not at all.
    built=$(compgen -G "$scratch/wheel/mmcv-*.whl")
    cp "$built" "$wheels/.part-$$"
    mv "$wheels/.part-$$" "$wheels/$(basename "$built")"
    rm -rf "$wheels/build"
}

# Two gigabytes for each compiler; the cores, whatever threads networks may have.
memory=$(awk '/MemAvailable/ { print int($2 / 2097152) }' /proc/meminfo)
jobs=$(env -u OMP_NUM_THREADS nproc)
if ((memory < jobs)); then jobs=$((memory > 1 ? memory : 1)); fi
export MMCV_WITH_OPS=1 MAX_JOBS=${MAX_JOBS:-$jobs}

mkdir -p "$wheels/build"
exec 9> "$wheels/lock"
flock 9 # of two runs the second finds all done
wheel=$(compgen -G "$wheels/mmcv-*.whl" | head -n 1 || true)
if [[ -z $wheel ]]; then
    say "2 of 4: mmcv $mmcv is compiled for $tags, $kind, by $MAX_JOBS compilers: on two idle cores 13 minutes, once per machine"
    if [[ -n $cuda && $kind == cpu ]]; then
        say "torch has CUDA $cuda, but there is no nvcc here: mmcv's own operations will run on the CPU, the networks on the GPU all the same"
    fi
    began=$SECONDS
    compile
    wheel=$(compgen -G "$wheels/mmcv-*.whl" | head -n 1)
    say "compiled in $(((SECONDS - began) / 60)) min; kept as $wheel"
else
    say "2 of 4: mmcv $mmcv was compiled before: $wheel"
fi
flock -u 9
install --no-deps --force-reinstall "$wheel"

say "3 of 4: xtcocotools $xtcocotools is compiled too, a minute: its wheel is for numpy 1"
install --no-deps --force-reinstall --no-build-isolation --no-cache-dir --no-binary xtcocotools \
    "xtcocotools==$xtcocotools"

say "4 of 4: mmdet $mmdet, mmpose $mmpose"
install --no-deps "mmdet==$mmdet" "mmpose==$mmpose"

after=$("$python" -c "import torch, numpy; $versions")
[[ $before == "$after" ]] || stop "torch or numpy changed: $before before, $after now. Put back what was there"
works --say || stop "they are installed, but do not work, see above"

# Built from the configs that the packages ship; nothing is downloaded, so the weights are random.
chain() {
    (cd "$checkout" && "$python" -) << 'PYTHON'
import numpy as np
import torch

from wildpose.detection.mmdet import MmdetDetector
from wildpose.openmmlab.models import built
from wildpose.pose.mmpose import MmposeEstimator
from wildpose.types import Detections

picture = np.full((480, 640, 3), 128, np.uint8)
MmdetDetector("rtmdet-tiny@random", device="cpu").detect(picture)
body = Detections(np.array([[200.0, 80, 320, 440]]), np.ones(1), np.array([[260.0, 260, 450, 0]]))
(joints,) = MmposeEstimator("rtmpose-m@random", device="cpu", min_presence=0).estimate(picture, body)
assert joints.joints_2d.shape == (17, 2)
lifter = built("mmpose", "motionbert@random").network
with torch.inference_mode():
    lifted = lifter.head(lifter.extract_feat(torch.zeros(1, 243, 17, 3)))
assert lifted.shape == (1, 243, 17, 3)
PYTHON
}
chain || stop "they are installed, but a chain of RTMDet-tiny, RTMPose-m and MotionBERT does not run"
say "a chain of RTMDet-tiny, RTMPose-m and MotionBERT runs, with random weights"
say "done: $after as before. Try: wildpose run clip.mp4 --preset accurate"
