# Innerlectra. Both commands do all their own set-up; what they cannot install they name.
.DEFAULT_GOAL := help
.PHONY: help run test lint

NEXTEST := $(shell cargo nextest --version >/dev/null 2>&1 && echo yes)

help: ## List the commands.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 12

run: ## Build the program, run the three demo clusters, serve their pages.
	scripts/setup.sh run
	cargo run --release --locked -p innerlectra -- demo

test: ## Check format and lints, then run every test, on SQLite and PostgreSQL.
	scripts/setup.sh test
	$(MAKE) --no-print-directory lint
ifeq ($(NEXTEST),yes)
	cargo test --workspace --locked --doc
	cargo nextest run --workspace --locked --no-fail-fast
else
	cargo test --workspace --locked --no-fail-fast
endif

lint: ## Check format and lints alone.
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
