# Makefile -- every build, test and install target; `make list` prints them. Built things go to build/ only.
# Variables a user may set: CC CXX FC PREFIX DESTDIR BLAS=static|shared DATA=<folder of samples> CFLAGS
ifneq ($(and $(filter deps deps-all,$(MAKECMDGOALS)),$(filter-out deps deps-all,$(MAKECMDGOALS))),)
# `make deps demo` where nothing is installed yet: paths and flags of the packages are known only behind their installation, so
# the other goals go to a make that starts then
PACKAGES := $(filter deps deps-all,$(MAKECMDGOALS))
LATER := $(filter-out deps deps-all,$(MAKECMDGOALS))
.PHONY: $(PACKAGES) $(LATER)
$(PACKAGES):
	@$(MAKE) --no-print-directory $@
$(firstword $(LATER)): $(PACKAGES)
	@$(MAKE) --no-print-directory $(LATER)
$(wordlist 2,$(words $(LATER)),$(LATER)): $(firstword $(LATER)) ;
else
SHELL := /bin/bash
CC ?= cc
CXX ?= c++
FC := $(if $(filter default,$(origin FC)),gfortran,$(FC))
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
BINDIR ?= $(PREFIX)/bin
B ?= build
BLAS ?= static
VERSION := 1.0.0
SONAME := libgenhep.so.1

WARN := -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wshadow -Wpointer-arith -Wvla
OPT ?= -O3
MODE ?=
HDF5_CFLAGS := $(shell pkg-config --cflags hdf5 2>/dev/null || echo -I/usr/include/hdf5/serial)
HDF5_LIBS := $(shell pkg-config --libs hdf5 2>/dev/null || echo -L/usr/lib/x86_64-linux-gnu/hdf5/serial -lhdf5)
MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
OPENBLAS_ARCHIVE ?= $(firstword $(wildcard /usr/lib/$(MULTIARCH)/openblas-serial/libopenblas.a /usr/lib/openblas-serial/libopenblas.a))
BLAS_CFLAGS := -I/usr/include/$(MULTIARCH)/openblas-serial -I/usr/include/$(MULTIARCH)
ifeq ($(BLAS),static)
# the serial archive has no locks of its own: lib/linalg/gemm_buffers.c
BLAS_LIBS := -Wl,--undefined=__wrap_blas_memory_alloc,--wrap=blas_memory_alloc,--wrap=blas_memory_free $(OPENBLAS_ARCHIVE)
BLAS_HIDE := -Wl,--exclude-libs,libopenblas.a
else
BLAS_LIBS := -lopenblas
BLAS_HIDE :=
endif
LIBS := $(HDF5_LIBS) $(BLAS_LIBS) -lz -lm -lpthread
BASE_CFLAGS := -std=gnu11 -g $(OPT) $(WARN) -fno-math-errno -fno-trapping-math -fopenmp-simd -fPIC -Iinclude -Ilib $(HDF5_CFLAGS) $(BLAS_CFLAGS) $(MODE) $(CFLAGS)

MODULES := base linalg data prep layers loss model train sample evaluate integrate io capi
LIB_SRC := $(sort $(foreach m,$(MODULES),$(wildcard lib/$(m)/*.c lib/$(m)/*/*.c)))
LIB_OBJ := $(LIB_SRC:%.c=$(B)/obj/%.o)
# the gradient-check build: networks in double, so central differences can be trusted to 1e-7
DBL_OBJ := $(LIB_SRC:%.c=$(B)/dbl/%.o)
TOOL_SRC := $(sort $(wildcard src/*.c src/*/*.c))
TOOL_OBJ := $(TOOL_SRC:%.c=$(B)/obj/%.o)

TEST_FLOAT := $(sort $(wildcard tests/unit/test_*.c tests/golden/test_*.c tests/property/test_*.c))
TEST_DOUBLE := $(sort $(wildcard tests/grad/test_*.c))
TEST_LONG := $(sort $(wildcard tests/alloc/test_*.c))
TEST_BIN := $(TEST_FLOAT:%.c=$(B)/%) $(TEST_DOUBLE:%.c=$(B)/%)
TEST_LONG_BIN := $(TEST_LONG:%.c=$(B)/%)
CHECK_LIBS := $(shell pkg-config --libs check 2>/dev/null || echo -lcheck -lsubunit -lrt) -lpthread

# V=1 shows every command
Q := $(if $(V),,@)
SAY := $(if $(V),@true,@printf '  %s %s %s\n')

all: lib tool ## build the libraries and the genhep command
lib: $(B)/$(SONAME) $(B)/libgenhep.a $(B)/genhep.pc ## shared and static library
tool: $(B)/genhep ## the genhep command

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(CC) $(BASE_CFLAGS) -fvisibility=hidden -MMD -MP -c $< -o $@
# products and sums as written: the same bits from every CPU, whether in a loop or alone
$(B)/obj/lib/base/normal.o $(B)/dbl/lib/base/normal.o $(B)/visible/lib/base/normal.o: BASE_CFLAGS += -ffp-contract=off
$(B)/dbl/%.o: %.c
	@mkdir -p $(@D)
	$(SAY) CC $< "(double)"
	$(Q)$(CC) $(BASE_CFLAGS) -DGH_REAL_DOUBLE -MMD -MP -c $< -o $@

$(B)/$(SONAME): $(LIB_OBJ) lib/genhep.map
	$(SAY) LD $@
	$(Q)$(CC) -shared $(MODE) -Wl,-soname,$(SONAME) -Wl,--version-script=lib/genhep.map $(BLAS_HIDE) -Wl,--gc-sections -o $(B)/libgenhep.so.$(VERSION) $(LIB_OBJ) $(LIBS) -Wl,-z,defs
	@ln -sf libgenhep.so.$(VERSION) $@
	@ln -sf $(SONAME) $(B)/libgenhep.so
$(B)/libgenhep.a: $(LIB_OBJ)
	@rm -f $@ && $(AR) rcs $@ $(LIB_OBJ)
# for tests and the tool's own linking: same objects
$(B)/libgenhep_double.a: $(DBL_OBJ)
	@rm -f $@ && $(AR) rcs $@ $(DBL_OBJ)
$(B)/genhep: $(TOOL_OBJ) $(B)/$(SONAME)
	$(SAY) LD $@
	$(Q)$(CC) $(MODE) -o $@ $(TOOL_OBJ) -L$(B) -lgenhep -Wl,-rpath,'$$ORIGIN' -Wl,-rpath,'$$ORIGIN/../lib' -lm
# PREFIX may differ from call to call, so this small file is always made again
$(B)/genhep.pc: pkgconfig/genhep.pc.in FORCE
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|; s|@VERSION@|$(VERSION)|' $< > $@

# Each test file is a program of its own that links the library's objects, so it sees internals. OpenBLAS with its kernels for
# every CPU is linked once, with all of base and linalg, and not into every test.
GEMM_SRC := $(wildcard lib/base/*.c lib/linalg/*.c)
TEST_LIBS = -L$(B) $(HDF5_LIBS) -lz -lm -lpthread $(CHECK_LIBS) -Wl,-rpath,'$(abspath $(B))'
$(B)/visible/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) -MMD -MP -c $< -o $@
$(B)/libgemm_test.so: $(GEMM_SRC:%.c=$(B)/visible/%.o)
	$(SAY) LD $@
	$(Q)$(CC) $(MODE) -shared -o $@ $^ $(BLAS_LIBS) -lm -lpthread
$(B)/libgemm_test_double.so: $(GEMM_SRC:%.c=$(B)/dbl/%.o)
	$(SAY) LD $@
	$(Q)$(CC) $(MODE) -shared -o $@ $^ $(BLAS_LIBS) -lm -lpthread
$(B)/tests/grad/%: tests/grad/%.c $(B)/libgenhep_double.a $(B)/libgemm_test_double.so
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(CC) $(BASE_CFLAGS) -DGH_REAL_DOUBLE -Itests -Isrc -MMD -MP -MF $@.d $< -o $@ -L$(B) -Wl,--no-as-needed -lgemm_test_double $(B)/libgenhep_double.a $(TEST_LIBS)
$(B)/tests/%: tests/%.c $(B)/libgenhep.a $(B)/libgemm_test.so $(filter-out $(B)/obj/src/main.o,$(TOOL_OBJ))
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(CC) $(BASE_CFLAGS) -Itests -Isrc -MMD -MP -MF $@.d $< -o $@ $(filter-out $(B)/obj/src/main.o,$(TOOL_OBJ)) -L$(B) -Wl,--no-as-needed -lgemm_test $(B)/libgenhep.a $(TEST_LIBS)

-include $(LIB_OBJ:.o=.d) $(DBL_OBJ:.o=.d) $(GEMM_SRC:%.c=$(B)/visible/%.d) $(TOOL_OBJ:.o=.d) $(TEST_BIN:=.d) $(TEST_LONG_BIN:=.d) $(B)/tests/fuzz/fuzz.d


# ---- set-up -------------------------------------------------------------------------------------------------------
# The only step that needs root. Everything is a Debian package; DEPS_EXTRA is what `make check-all` and `make lint` use beyond.
DEPS := gcc g++ make pkg-config libc6-dev libhdf5-dev libopenblas-serial-dev zlib1g-dev check libsubunit-dev gnuplot-nox \
        gfortran python3 python3-h5py python3-sklearn
DEPS_EXTRA := clang clang-tidy clang-format cppcheck valgrind abigail-tools chromium universal-ctags libclang-rt-dev
deps: ## install the Debian packages that building, the demo and the tests need (root)
	@if [ "$$(id -u)" != 0 ]; then echo "make deps needs root: sudo make deps"; exit 1; fi
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(DEPS)
deps-all: deps ## install also what check-all, lint, valgrind and bench use (root)
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(DEPS_EXTRA) || \
	for p in $(DEPS_EXTRA); do DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$p || echo "skipped $$p"; done

# ---- the main job -------------------------------------------------------------------------------------------------
DEMO := $(B)/demo
GENHEP := $(B)/genhep
demo: all ## train a B-VAE on Z -> mu mu, sample a million events, write build/demo/report/index.html
	@mkdir -p $(DEMO)
	$(GENHEP) simulate zll -n 200000 --seed 1 -o $(DEMO)/train.h5
	$(GENHEP) simulate zll -n 100000 --seed 2 -o $(DEMO)/truth.h5
	$(GENHEP) train examples/cards/zmumu_pp_bvae.card data.train=$(DEMO)/train.h5 -o $(DEMO)/zmumu.h5
	$(GENHEP) verify $(DEMO)/zmumu.h5
	$(GENHEP) sample $(DEMO)/zmumu.h5 -n 1000000 --threads 2 -o $(DEMO)/events.h5
	$(GENHEP) train examples/cards/zmumu_pp_bvae.card model.family=independent data.train=$(DEMO)/train.h5 -o $(DEMO)/independent.h5
	$(GENHEP) sample $(DEMO)/independent.h5 -n 100000 -o $(DEMO)/baseline.h5
	$(GENHEP) evaluate $(DEMO)/truth.h5 $(DEMO)/events.h5 --train $(DEMO)/train.h5 --baseline $(DEMO)/baseline.h5 --process zmumu \
	    --json $(DEMO)/figures.json --report $(DEMO)/report
	@echo "events: $(DEMO)/events.h5   report: $(DEMO)/report/index.html   figures: $(DEMO)/figures.json"
# The model's training events are made again for the search for copies.
DEMO_TTBAR := $(B)/demo-ttbar
TTBAR_EVENTS := 100000
demo-ttbar: all ## draw t tbar events from the pre-trained model, compare with unseen truth, write build/demo-ttbar/report/index.html
	@mkdir -p $(DEMO_TTBAR)
	$(GENHEP) verify examples/models/ttbar_6q_gan.h5
	$(GENHEP) sample examples/models/ttbar_6q_gan.h5 -n $(TTBAR_EVENTS) --seed 1 --threads 2 -o $(DEMO_TTBAR)/events.h5
	$(GENHEP) simulate ttbar_6q -n 300000 --seed 1 -o $(DEMO_TTBAR)/train.h5
	$(GENHEP) simulate ttbar_6q -n $(TTBAR_EVENTS) --seed 2 -o $(DEMO_TTBAR)/truth.h5
	$(GENHEP) evaluate $(DEMO_TTBAR)/truth.h5 $(DEMO_TTBAR)/events.h5 --train $(DEMO_TTBAR)/train.h5 --process ttbar_6q \
	    --json $(DEMO_TTBAR)/figures.json --report $(DEMO_TTBAR)/report
	@echo "events: $(DEMO_TTBAR)/events.h5   report: $(DEMO_TTBAR)/report/index.html   figures: $(DEMO_TTBAR)/figures.json"

# ---- tests --------------------------------------------------------------------------------------------------------
# Each program prints Check's own lines; the closing line counts programs.
define run_tests
@passed=0; failed=0; for t in $(1); do \
  if $(RUNNER) $$t; then passed=$$((passed + 1)); else failed=$$((failed + 1)); echo "FAILED: $$t"; fi; done; \
echo "$$passed passed, $$failed failed"; [ $$failed = 0 ]
endef
RUNNER ?=
check: all $(TEST_BIN) ## unit, gradient, golden and property tests (a few minutes)
	$(call run_tests,$(TEST_BIN))
check-long: all $(TEST_LONG_BIN) ## failed allocations, one after the other
	$(call run_tests,$(TEST_LONG_BIN))
check-layers: ## includes point one way, third-party headers have one door each
	tests/abi/layers.sh
check-abi: lib ## exported symbols against tests/abi/symbols.txt; no printing or exiting in the library
	tests/abi/symbols.sh $(B)
check-bindings: all ## headers alone, C, C++, Fortran, Python, Pythia examples; the same events from all of them
	tests/bindings/headers.sh
	tests/bindings/run.sh
check-docs: all ## code in the documentation compiles
	tests/bindings/docs_code.sh
	tests/bindings/functions_docs.sh
check-report: demo demo-ttbar ## the reports of the demos open in a browser and show their plots
	tests/quality/report_opens.sh $(DEMO)/report/index.html
	tests/quality/report_opens.sh $(DEMO_TTBAR)/report/index.html
check-kill: all ## kill -9 at random moments of a training run; the last checkpoint loads
	tests/property/kill.sh $(B) 50
check-all: check check-long check-layers check-abi check-bindings check-docs check-kill fuzz check-report ## everything
fuzz: ## 10 000 mutated model, CSV, LHE, npy and card files under ASan and UBSan
	$(MAKE) --no-print-directory B=$(B)/fuzz MODE="-fsanitize=address,undefined -fno-sanitize-recover=undefined" OPT=-O1 \
	    $(B)/fuzz/tests/fuzz/fuzz
	$(B)/fuzz/tests/fuzz/fuzz 10000
asan: ## the tests under AddressSanitizer (with leak check)
	$(MAKE) --no-print-directory check B=$(B)/asan MODE=-fsanitize=address OPT=-O1
ubsan: ## the tests under UndefinedBehaviorSanitizer
	$(MAKE) --no-print-directory check B=$(B)/ubsan MODE="-fsanitize=undefined -fno-sanitize-recover=undefined -Wno-format-truncation" OPT=-O1
tsan: ## threads under ThreadSanitizer
	$(MAKE) --no-print-directory B=$(B)/tsan MODE=-fsanitize=thread OPT=-O1 $(addprefix $(B)/tsan/,$(TSAN_TESTS))
	@for t in $(TSAN_TESTS); do CK_FORK=no $(B)/tsan/$$t || exit 1; done
TSAN_TESTS := tests/property/test_threads tests/property/test_training tests/unit/test_pool
valgrind: all $(B)/tests/property/test_model_file $(B)/tests/property/test_sampler ## memory errors and leaks of train, save, open, draw
	@for t in test_model_file test_sampler; do \
	  CK_FORK=no valgrind -q --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=1 $(B)/tests/property/$$t || exit 1; done

# ---- measuring ----------------------------------------------------------------------------------------------------
bench: all ## events per second beside pure SGEMM and PyTorch; rewrites docs/performance.md
	env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE tests/bench/run.sh $(B)
	env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE tests/bench/gan.sh $(B)
quality: all ## train and judge every card, three seeds each; rewrites docs/quality.md (DATA=<folder of samples>)
	tests/quality/shower.sh $(B)
	tests/quality/run.sh $(B) $(DATA)
	tests/quality/unfold.sh $(B) $(DATA)
	tests/quality/dilepton.sh $(B) $(DATA)
	tests/quality/paper_gan.sh $(B) $(DATA)
	tests/quality/jets.sh $(B) $(DATA)
	tests/quality/integrate.sh $(B)
	tests/quality/amplify.sh $(B)
	tests/quality/anomaly.sh $(B)
	tests/quality/theory.sh $(B)

# ---- style --------------------------------------------------------------------------------------------------------
C_FILES = $(shell git ls-files '*.c' '*.h')
format: ## clang-format in place
	clang-format -i $(C_FILES)
lint: ## cppcheck and clang-tidy without findings; clang builds without warnings
	cppcheck --quiet --error-exitcode=1 --enable=warning,portability --inline-suppr --suppress=missingIncludeSystem \
	    --suppress=unknownMacro --std=c11 -Iinclude -Ilib -Isrc lib src
	clang-tidy --quiet $(LIB_SRC) $(TOOL_SRC) -- -std=gnu11 -Iinclude -Ilib -Isrc $(HDF5_CFLAGS) $(BLAS_CFLAGS) 2>/dev/null
	$(MAKE) --no-print-directory lib tool CC=clang B=$(B)/clang

# ---- install ------------------------------------------------------------------------------------------------------
PYTHONDIR ?= $(PREFIX)/lib/python3/dist-packages
install: all ## into DESTDIR and PREFIX
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR)/genhep $(DESTDIR)$(BINDIR) $(DESTDIR)$(PYTHONDIR)/genhep
	install -m 755 $(B)/libgenhep.so.$(VERSION) $(DESTDIR)$(LIBDIR)/
	ln -sf libgenhep.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libgenhep.so
	install -m 644 $(B)/libgenhep.a $(DESTDIR)$(LIBDIR)/
	install -m 644 $(B)/genhep.pc $(DESTDIR)$(LIBDIR)/pkgconfig/
	install -m 644 $(wildcard include/genhep/*) $(DESTDIR)$(INCLUDEDIR)/genhep/
	install -m 755 $(B)/genhep $(DESTDIR)$(BINDIR)/
	install -m 644 $(wildcard lib/python/genhep/*.py) $(DESTDIR)$(PYTHONDIR)/genhep/
uninstall: ## what install put there
	rm -f $(DESTDIR)$(LIBDIR)/libgenhep.* $(DESTDIR)$(LIBDIR)/pkgconfig/genhep.pc $(DESTDIR)$(BINDIR)/genhep
	rm -rf $(DESTDIR)$(INCLUDEDIR)/genhep $(DESTDIR)$(PYTHONDIR)/genhep

clean: ## remove build/
	rm -rf $(B)
list: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | sort | awk -F'\t' '{printf "%-18s %s\n", $$1, $$2}'
.PHONY: all lib tool clean list deps deps-all demo demo-ttbar check check-long check-layers check-abi check-bindings check-docs check-report \
        check-kill check-all fuzz asan ubsan tsan valgrind bench quality format lint install uninstall
FORCE:
.DELETE_ON_ERROR:
endif
