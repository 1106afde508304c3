#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# manual.sh GENERATOR SCDOC SOURCE OUTPUT: a page of docs/man as roff.
set -eu
generator=$1 scdoc=$2 source=$3 output=$4

"$generator" man "$output.scd" "$source"
"$scdoc" <"$output.scd" >"$output.roff"
# scdoc knows no minus, at which no line is broken and which can be pasted into a shell; and it turns hyphenation
# off where .TH turns it on again.
sed -e "/^[.']/!s/-/\\\\-/g; s/\\\\h'\\\\-/\\\\h'-/g" -e '/^\.TH /a .nh' "$output.roff" >"$output.part"
mv "$output.part" "$output"
