#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# make install, uninstall and dist, below a directory of the test's own. The
# program that stands there is installed as it is (-o all).
load helper

tree_make() {
	make -s -C "$SOURCE" -o all DESTDIR="$PWD/root" "$@"
}

@test "install puts everything where it belongs, uninstall takes it away" {
	tree_make PREFIX=/usr install
	for file in bin/mprof share/man/man1/mprof.1 share/man/man5/mprof-dat.5 \
		share/bash-completion/completions/mprof \
		share/zsh/site-functions/_mprof \
		share/fish/vendor_completions.d/mprof.fish \
		share/doc/mprof/examples/django/courses/views.py; do
		[ -f "root/usr/$file" ] || {
			echo "no $file"
			return 1
		}
	done
	for module in "$SOURCE"/build/*.so; do
		cmp "$module" "root/usr/lib/mprof/${module##*/}"
	done
	[ -f root/usr/lib/mprof/inert/sitecustomize.py ]
	[ -x root/usr/share/doc/mprof/examples/demo ]
	[ "$(find root/usr/share/man -type f | wc -l)" -eq \
		"$(find "$SOURCE/man" -name '*.[157]' | wc -l)" ]
	[ "$(find root -mindepth 2 -maxdepth 2 -printf '%f\n' | sort | xargs)" = \
		'bin lib share' ]

	tree_make PREFIX=/usr uninstall
	[ -z "$(find root ! -type d)" ]
}

# packaged: the files below root that the patterns on standard input name; each
# pattern names one at least.
packaged() {
	local pattern

	while read -r pattern; do
		# shellcheck disable=SC2086  # a pattern
		(cd root && find $pattern -type f) || return 1
	done >packaged
	sort packaged
}

# debian_files PACKAGE
debian_files() {
	sed 's,/vendor-completions/,/site-functions/,' \
		"$SOURCE/src/packaging/debian/$1.install" | packaged
}

# rpm_files [PACKAGE]
rpm_files() {
	awk -v name="${1-}" '/^%files/ {on = $2 == name; next} on && /^%{/' \
		"$SOURCE/src/packaging/rpm/mprof.spec" |
		sed 's,%{_bindir},usr/bin,; s,%{_libdir},usr/lib,
			s,%{_mandir},usr/share/man,; s,%{_datadir},usr/share,' |
		packaged
}

# alpine_files PACKAGE: abuild calls a function of this name, which moves them.
alpine_files() {
	VERSION=1 URL=x sh -eu -c 'amove() { printf "%s\n" "$@"; }
		. "$1" && "$2"' - "$SOURCE/src/packaging/alpine/APKBUILD" "$1" |
		packaged
}

@test "each package has the same files in Debian, RPM and Alpine" {
	for module in allocation graph memory_profiler render symbols touched; do
		[ -f "$SOURCE/build/$module.so" ] || skip "no $module.so here"
	done
	tree_make PREFIX=/usr install
	for package in charts python; do
		debian_files "mprof-$package" >"$package"
		[ -s "$package" ]
		rpm_files "$package" | diff "$package" -
		alpine_files "$package" | diff "$package" -
	done
	# All that the others don't have; no file twice.
	debian_files mprof >main
	sort main charts python >all
	(cd root && find usr -type f) | sort | diff - all
	rpm_files | diff main -
}

@test "below /usr/local, fish finds its completion as well" {
	command -v fish >/dev/null || skip 'no fish here'
	tree_make PREFIX=/usr/local install
	file=$(find root -name mprof.fish)
	HOME=$PWD fish -c 'printf "%s\n" $fish_complete_path' |
		grep -qx -e "$(dirname "${file#root}")"
}

@test "an installed program finds what belongs to it, through a link too" {
	tree_make PREFIX="$PWD/else where" DESTDIR= install
	ln -s "else where/bin/mprof" link
	[ "$(./link --version)" = "$(mprof --version)" ]
	recording mprofile_20261122010203.dat
	./link list | grep -q '^0 mprofile_20261122010203.dat '
	if [ -f "$SOURCE/build/render.so" ]; then
		./link plot -o chart.png
		[ -s chart.png ]
	fi
	tree_make PREFIX="$PWD/else where" DESTDIR= uninstall
	[ -z "$(find 'else where' ! -type d)" ]
}

@test "uninstall leaves what is not ours" {
	mkdir -p root/usr/lib/mprof root/usr/bin
	touch root/usr/lib/mprof/mine root/usr/bin/mine
	tree_make PREFIX=/usr install
	tree_make PREFIX=/usr uninstall 2>/dev/null
	[ "$(find root -type f | LC_ALL=C sort)" = \
		$'root/usr/bin/mine\nroot/usr/lib/mprof/mine' ]
}

@test "dist makes the same bytes twice, of what belongs to the source" {
	tarball=$(make -s -C "$SOURCE" dist)
	cp "$SOURCE/$tarball" first
	make -s -C "$SOURCE" dist
	cmp "$SOURCE/$tarball" first
	tar -tzf first >names
	grep -qx 'mprof-[0-9.]*/src/main.c' names
	grep -qx 'mprof-[0-9.]*/.ci/run' names
	[ -z "$(grep -vE '^mprof-[0-9.]+/(src|man|tests|examples|\.ci)/|^mprof-[0-9.]+/(Makefile|README.md|LICENSE|\.[a-z-]+)$' names)" ]
	[ -z "$(grep -E '\.(o|so|dat\.part)$' names)" ]
}

@test "a tarball of the tarball has the same bytes" {
	tarball=$(make -s -C "$SOURCE" dist)
	tar -xzf "$SOURCE/$tarball"
	# As a checkout that is copied to where no git is.
	(cd mprof-* && mkdir .git && touch .git/config)
	GIT_CEILING_DIRECTORIES=$PWD make -s -C mprof-* dist >name
	cmp "$SOURCE/$tarball" mprof-*/"$(tail -n 1 name)"
}

@test "dist as root packs the checkout of another user without what is beside" {
	[ "$(id -u)" -eq 0 ] || skip 'not root'
	command -v git || skip 'no git here'
	tarball=$(make -s -C "$SOURCE" dist)
	tar -xzf "$SOURCE/$tarball"
	cd mprof-*
	git init -q
	git add -A
	git -c user.name=a -c user.email=a@b -c commit.gpgSign=false commit -qm a
	touch mprofile_20261122010203.dat
	chown -R 12345 . || skip 'no other user in this user namespace'
	make -s dist >name
	tar -tzf "$(tail -n 1 name)" >names
	grep -qx 'mprof-[0-9.]*/Makefile' names
	lacks '/mprofile_\|/\.git/' <names
}
