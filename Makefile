# A short face over meson: make, make test, make arch, make lint, make asan …
BUILD ?= build
SOURCES = $(shell git ls-files '*.c' '*.h')

.PHONY: all test arch lint format asan tsan oom fuzz cover bench e2e clean

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	meson setup $(BUILD)

test: all
	meson test -C $(BUILD) --print-errorlogs

arch:
	@tools/arch

# Warnings as errors on the second compiler, then cppcheck (which stumbles over an empty compound
# literal before an address: its own fault, not the code's).
lint: arch
	@test -f build-clang/build.ninja || CC=clang meson setup build-clang -Dwerror=true
	ninja -C build-clang
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --suppress=internalAstError --error-exitcode=1 -Isrc src

format:
	clang-format -i $(SOURCES)

asan:
	@test -f build-asan/build.ninja || \
		meson setup build-asan -Db_sanitize=address,undefined -Db_lundef=false
	meson test -C build-asan --print-errorlogs

tsan:
	@test -f build-tsan/build.ninja || \
		meson setup build-tsan -Db_sanitize=thread -Db_lundef=false
	meson test -C build-tsan --print-errorlogs

# Every allocation of the server fails once, over registrations and a whole call.
oom:
	@test -f build-asan/build.ninja || \
		meson setup build-asan -Db_sanitize=address,undefined -Db_lundef=false
	meson test -C build-asan --print-errorlogs --suite oom

# make fuzz T=request SECONDS=60: what is found new is kept in build-fuzz, a crash beside it.
SECONDS ?= 60
fuzz:
	@test -f build-fuzz/build.ninja || CC=clang meson setup build-fuzz -Dfuzzer=true \
		-Db_sanitize=address,undefined -Db_lundef=false
	ninja -C build-fuzz tests/fuzz/fuzz_$(T)
	@mkdir -p build-fuzz/corpus/$(T)
	build-fuzz/tests/fuzz/fuzz_$(T) -max_total_time=$(SECONDS) -artifact_prefix=build-fuzz/ \
		$(addprefix -dict=,$(wildcard tests/fuzz/$(T).dict)) \
		build-fuzz/corpus/$(T) tests/fuzz/corpus/$(T)

cover:
	@test -f build-cover/build.ninja || meson setup build-cover -Db_coverage=true
	meson test -C build-cover
	ninja -C build-cover coverage-text && cat build-cover/meson-logs/coverage.txt

# The portal and browser legs in Chromium; SCREENS=DIR keeps pictures of every page.
e2e: all
	npm --prefix web ci --no-audit --no-fund --loglevel=error
	npm --prefix web run --silent build
	npm --prefix tests/e2e ci --no-audit --no-fund --loglevel=error
	node tests/e2e/portal.mjs
	node tests/e2e/account.mjs
	node tests/e2e/office.mjs
	node tests/e2e/web_leg.mjs
	node tests/e2e/app.mjs
	node tests/e2e/app_calls.mjs

# Beside Kamailio, rtpengine and Node; takes minutes. Only the ratios mean something.
bench: all
	@tools/packages build bench
	ninja -C $(BUILD) bench/bench_relay bench/bench_import bench/bench_web bench/bench_calls
	$(BUILD)/bench/bench_import
	$(BUILD)/bench/bench_web
	$(BUILD)/bench/bench_relay 5 "$$(command -v rtpengine || true)"
	$(BUILD)/bench/bench_calls 1000 5 "$$(command -v rtpengine || true)"
	bench/sip.py
	bench/api.py
	cd tests/e2e && npm ci --no-audit --no-fund --loglevel=error
	node bench/pages.mjs
	node bench/app.mjs

clean:
	rm -rf build build-*
