# Each target works in a fresh clone: it first installs what is missing, once (stamp files).
# Downloads and data are in .local, builds beside their sources; `make clean` removes both.

.DELETE_ON_ERROR:
.PHONY: run scale tour funnel test campaign bench lint format setup images clean
.NOTPARALLEL:

LOCAL   := .local
VENV    := $(LOCAL)/venv
BIN     := $(VENV)/bin
STAMPS  := $(LOCAL)/stamps
CHECK   := sh deploy/local/prerequisites.sh

KAFKA_JARS := $(LOCAL)/kafka/jars
UI_SOURCES := $(shell find frontend -name node_modules -prune -o -name 'dist*' -prune -o -type f -print)

run: setup
	@exec $(BIN)/python -m deploy.local

scale: $(STAMPS)/venv
	@$(BIN)/python -m deploy.local.scale $(N)

# STEP=3 plays one step, TOUR_LANGUAGE=en speaks English, PAUSE=no does not wait for Enter.
tour: setup
	@exec $(BIN)/python -m deploy.tour $(addprefix --step ,$(STEP)) \
	  $(addprefix --language ,$(TOUR_LANGUAGE)) $(if $(PAUSE),$(if $(filter no,$(PAUSE)),--no-pause,--pause))

funnel: $(STAMPS)/venv
	@$(BIN)/python -m deploy.data_team

setup: $(STAMPS)/run-tools $(STAMPS)/venv $(STAMPS)/kafka-classes $(STAMPS)/ui

# Many tests wait for time-outs, so three workers keep two cores busy. The images are built first, and
# the tests of the front end run before the others: beside them, both would be slow, and those that
# measure times would fail. The stamp `hosts` also means that the library is built.
test: setup $(STAMPS)/test-tools $(STAMPS)/hosts
	$(BIN)/python -c 'from tests.deploy.images.engine import build; build()'
	(cd frontend && npx vitest run && node dev/without-react.js); frontend=$$?; \
	$(BIN)/pytest -n 3 --dist loadgroup --no-loadscope-reorder; python=$$?; \
	[ $$frontend = 0 ] || echo "tests of the front end failed: see above"; exit $$((python | frontend))

# Fuzzers against real instances, and faults on a cluster: PART=records, frames or cluster runs one of
# them. Each takes at most SECONDS seconds, and a fuzzer tries at most INPUTS inputs, from SEED on.
campaign: setup
	$(BIN)/python -m tests.campaign $(PART) --inputs $(or $(INPUTS),10000) --seconds $(or $(SECONDS),600) \
	  --seed $(or $(SEED),0)

bench: setup
	$(BIN)/python -m tests.bench

lint: $(STAMPS)/venv $(STAMPS)/npm
	@(cd frontend && npm run lint && npm run typecheck) >$(LOCAL)/npm-lint.log 2>&1 & frontend=$$!; \
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports && \
	  $(BIN)/hadolint deploy/images/Dockerfile; \
	python=$$?; \
	wait $$frontend; frontend=$$?; \
	cat $(LOCAL)/npm-lint.log; exit $$((python | frontend))

format: $(STAMPS)/venv
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The images of deploy/images, built by docker or another engine: make images ENGINE=podman.
ENGINE  := docker
TARGETS := producer-api delivery away console demo-shop
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

images:
	for target in $(TARGETS); do $(ENGINE) build . --file deploy/images/Dockerfile --target $$target \
	  --tag notifications/$$target:$(VERSION) --build-arg VERSION=$(VERSION) \
	  --build-arg REVISION="$$(git rev-parse HEAD)" --build-arg SOURCE="$(SOURCE)" \
	  $(addprefix --build-arg PYTHON_IMAGE=,$(PYTHON_IMAGE)) \
	  $(addprefix --build-arg NODE_IMAGE=,$(NODE_IMAGE)) || exit; done

clean:
	rm -rf $(LOCAL) .venv frontend/node_modules frontend/dist frontend/dist-console frontend/dist-lib

$(STAMPS)/run-tools: deploy/local/prerequisites.sh
	$(CHECK) python node maven libcurl haproxy
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/test-tools: deploy/local/prerequisites.sh
	$(CHECK) chromium prometheus images
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/venv: requirements-dev.txt | $(STAMPS)/run-tools
	"$$($(CHECK) --print-python)" -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	ln -sfn $(VENV) .venv
	@touch $@

$(STAMPS)/kafka: deploy/local/kafka/pom.xml | $(STAMPS)/run-tools
	rm -rf $(KAFKA_JARS)
	mvn --quiet --batch-mode -f $< dependency:copy-dependencies \
	  -DoutputDirectory=$(CURDIR)/$(KAFKA_JARS)
	@touch $@

$(STAMPS)/kafka-classes: $(STAMPS)/kafka $(STAMPS)/venv deploy/local/kafka_classes.py
	rm -f $(LOCAL)/kafka/classes.aot
	$(BIN)/python -m deploy.local.kafka_classes
	@touch $@

$(STAMPS)/npm: frontend/package.json frontend/package-lock.json | $(STAMPS)/run-tools
	cd frontend && npm ci --no-audit --no-fund
	@touch $@

# Other teams' pages, with the packed library in them, as tests/acceptance/test_hosts.py opens them.
$(STAMPS)/hosts: $(STAMPS)/npm $(UI_SOURCES) $(shell find tests/hosts -type f)
	rm -rf $(LOCAL)/hosts && mkdir -p $(LOCAL)/hosts
	cd frontend && npm pack --silent --pack-destination $(CURDIR)/$(LOCAL)/hosts
	node tests/hosts/build.js $(LOCAL)/hosts $(LOCAL)/hosts/notification-inbox-*.tgz
	@touch $@

$(STAMPS)/ui: $(STAMPS)/npm $(UI_SOURCES)
	cd frontend && npm run build
	@touch $@
