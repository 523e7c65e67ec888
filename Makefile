# SPDX-License-Identifier: GPL-2.0-or-later
#
# virtio_net with in-driver failover. "make help" lists the targets.

# What Kbuild reads is the file of that name; this one is for people.

.DEFAULT_GOAL := modules

help:
	@echo 'On a fresh machine, as root; each installs what it needs:'
	@echo '  make demo         ours beside net_failover: unplug, re-plug and live migration'
	@echo '  make check        build, check all sources, and test in guests of each kernel'
	@echo
	@echo 'Building and installing:'
	@echo '  make modules      build/<release>/virtio_net.ko for the installed headers'
	@echo '                    (KREL=<release> for one)'
	@echo '  make deb          Debian package of the module (DKMS)'
	@echo '  make series       patch series against a kernel tree, in build/series'
	@echo
	@echo 'Developing:'
	@echo '  make check TESTS="pair carrier"   some tests only'
	@echo '  make check FULL=1                 long storms at their full count'
	@echo '  make check JOBS=2                 guests side by side (one more than CPUs)'
	@echo '  make check-debug  the tests on a kernel with lockdep, KASAN, kmemleak ...'
	@echo '                    (hours; VARIANTS="m y" for all of them built in, too)'
	@echo '  make check-hybrid the host'"'"'s virtnet-hybrid, with each libvirt (five minutes)'
	@echo '  make deb-check    the packages in Debian 12 and 13: install, break, upgrade in any'
	@echo '                    order, remove; policy; a stock system (an hour and a half)'
	@echo '  make boots        boots with a VF that comes at any moment, beside net_failover'
	@echo '                    (hours; COUNT=10 for fewer, SEED=2 for others)'
	@echo '  make bench        instructions per packet, beside the peers'
	@echo '  make style        checkpatch, sparse, shellcheck, kernel-doc ...'
	@echo '  make clean        remove build/'

modules:
	@scripts/build-modules.sh $(KREL)

check:
	@scripts/install-deps.sh build check style
	@scripts/check.py $(if $(FULL),--full) $(TESTS)

check-hybrid:
	@scripts/install-deps.sh build check
	@scripts/hybrid-test.sh unit
	@scripts/hybrid-test.sh 9
	@scripts/hybrid-test.sh 11

check-debug:
	@scripts/install-deps.sh build check debug
	@scripts/check.py --debug $(if $(FULL),--full) $(TESTS)

demo:
	@scripts/install-deps.sh build check demo
	@scripts/demo.sh

bench:
	@scripts/install-deps.sh build check
	@scripts/bench.sh

deb:
	@scripts/install-deps.sh deb
	@scripts/build-deb.sh

deb-check:
	@scripts/install-deps.sh build check deb-check
	@scripts/deb-test.sh
	@scripts/apt-test.sh
	@scripts/policy-test.sh
	@scripts/newcomer-test.sh

boots:
	@scripts/install-deps.sh build check
	@scripts/boots.sh $(or $(COUNT),100) $(SEED)

series:
	@scripts/install-deps.sh build
	@scripts/export-series.sh

style:
	@scripts/install-deps.sh build style
	@scripts/style.sh

clean:
	rm -rf build

.PHONY: bench boots check check-debug check-hybrid clean deb deb-check demo help modules series style
