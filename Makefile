# SPDX-License-Identifier: MIT
# A thin face over meson: what a newcomer types. See README.md, HACKING.md.
#
#   make            build              make bench      measure against perf and ftrace
#   make demo       record and show    make fuzz       fuzz the readers (FUZZ_SECONDS each)
#   make check      every test         make format     clang-format
#   make install    PREFIX, DESTDIR    make lint       the lint tests alone

BUILD ?= build
PREFIX ?= /usr/local
SETUP_ARGS ?=
TEST_ARGS ?=
FUZZ_SECONDS ?= 60

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	meson setup --prefix $(PREFIX) $(SETUP_ARGS) $(BUILD)

demo:
	tools/install-deps.sh build
	$(MAKE) all
	tools/demo.sh $(BUILD)

check: check-deps
	$(MAKE) all
	meson test -C $(BUILD) --no-rebuild --print-errorlogs $(TEST_ARGS)

check-deps:
	tools/install-deps.sh check
	tools/install-browser-driver.sh

lint: all
	meson test -C $(BUILD) --no-rebuild --print-errorlogs --suite lint

bench:
	tools/install-deps.sh bench
	$(MAKE) all
	bench/run.sh $(BUILD)

fuzz:
	tools/install-deps.sh fuzz
	[ -f $(BUILD)-fuzz/build.ninja ] || CC=clang-14 meson setup -Dfuzz=true \
		-Db_sanitize=address,undefined -Db_lundef=false $(BUILD)-fuzz
	ninja -C $(BUILD)-fuzz fuzzers
	tests/fuzz/run.sh $(BUILD)-fuzz $(FUZZ_SECONDS)

format:
	KYMO_SOURCE=. bash -c ". tests/lint/files.sh;  files '*.c' '*.h' | xargs clang-format-14 -i"

install: all
	meson configure --prefix $(PREFIX) $(BUILD)
	meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) $(BUILD)-fuzz

.PHONY: all demo check check-deps lint bench fuzz format install clean
