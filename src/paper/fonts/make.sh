#!/usr/bin/env bash
# Makes the font files of this folder anew from Debian's packages, byte for byte (README.md names the versions).
# Usage: make.sh FOLDER
set -euo pipefail
to=${1:?the folder to write to}
noto=/usr/share/fonts/truetype/noto
cjk=/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

# Every layout feature stays, or scripts that join and stack would not be set right. Hints go: print and
# today's screens do not use them, and they are a third of the bytes.
subset() {
  local from=$1 signs=$2 as=$3
  shift 3
  pyftsubset "$from" --unicodes="$signs" --output-file="$to/$as" \
    --layout-features='*' --no-hinting --notdef-outline --name-IDs='*' "$@"
}

# Latin with all that Welsh, Polish, Turkish and Vietnamese need, Greek, Cyrillic, marks, punctuation, money.
latin='20-7E,A0-36F,370-3FF,400-52F,1C80-1C8F,1E00-1FFF,2000-206F,2070-209F,20A0-20CF,2100-214F,2150-218F'
latin+=',2212,2C60-2C7F,25CC,FB00-FB06,FFFC-FFFD'
for cut in Regular Bold; do
  subset "$noto/NotoSans-$cut.ttf" "$latin" "NotoSans-$cut.ttf"
done

for script in NaskhArabic SansBengali SansDevanagari SansGujarati SansGurmukhi SansHebrew SansTamil; do
  for cut in Regular Bold; do
    subset "$noto/Noto$script-$cut.ttf" '*' "Noto$script-$cut.ttf"
  done
done
for script in Armenian Ethiopic Georgian Kannada Malayalam Sinhala Telugu Thai; do
  subset "$noto/NotoSans$script-Regular.ttf" '*' "NotoSans$script-Regular.ttf"
done

subset "$noto/NotoSansMath-Regular.ttf" '2190-21FF,2200-22FF' NotoSansMath-Regular.ttf
subset "$noto/NotoSansSymbols-Regular.ttf" '2600-26FF,2700-27BF' NotoSansSymbols-Regular.ttf
subset "$noto/NotoSansSymbols2-Regular.ttf" '25A0-25FF,2600-26FF,2700-27BF' NotoSansSymbols2-Regular.ttf

# GB 2312 and the first level of Big5: what people write in China and Taiwan every day, and kana.
signs=$(python3 - <<'PYTHON'
def both(leads, codec):
    for lead in leads:
        for trail in range(0x40, 0xFF):
            try:
                yield bytes([lead, trail]).decode(codec)
            except UnicodeDecodeError:
                pass
signs = set(both(range(0xA1, 0xF8), "gb2312")) | set(both(range(0xA1, 0xC7), "big5"))
print(",".join(f"{ord(c):X}" for c in sorted(signs) if ord(c) >= 0x2E80))
PYTHON
)
# Of the layout features none is needed here, and each would bring its own shapes of the same signs.
subset "$cjk" "$signs" NotoSansCJKsc-Regular.otf --font-number=2 --layout-features=''
