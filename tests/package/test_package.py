#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The packages that CPack made (make.py), and that the three ways of installing agree.

What a test needs a tool for that isn't there is skipped and says so.
"""

import gzip
import io
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tarfile
import tempfile
import unittest
from typing import Dict, List

import installed

SETTINGS = "etc/apikeyd/apikeyd.yaml"
SCRIPTS = {"postinst", "prerm", "postrm"}


def needs(*tools: str) -> object:
    missing = [tool for tool in tools if not shutil.which(tool)]
    return unittest.skipIf(bool(missing), f"needs {', '.join(missing)}")


def made(kind: str) -> object:
    return needs(*installed.missing_for(kind))


class Temporary(unittest.TestCase):
    @classmethod
    def folder(cls) -> pathlib.Path:
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        return pathlib.Path(holder.name)


@made("DEB")  # type: ignore[operator]
class Debian(Temporary):
    package: pathlib.Path
    root: pathlib.Path      # its files, with DEBIAN/ as its control files
    fields: Dict[str, str]

    @classmethod
    def setUpClass(cls) -> None:
        cls.package = installed.package("DEB")
        cls.root = cls.folder() / "root"
        installed.run("dpkg-deb", "--raw-extract", str(cls.package), str(cls.root))
        told = installed.run("dpkg-deb", "--field", str(cls.package))
        cls.fields = {name: value for name, value in re.findall(r"^([\w-]+): (.*(?:\n .*)*)", told, re.M)}

    def depends(self) -> List[str]:
        return [one.split()[0] for one in self.fields["Depends"].split(", ")]

    def test_fields(self) -> None:
        self.assertEqual(self.fields["Package"], "apikeyd")
        self.assertEqual(self.fields["Section"], "admin")
        self.assertEqual(self.fields["Priority"], "optional")
        self.assertEqual(self.fields["Architecture"], installed.run("dpkg", "--print-architecture").strip())
        self.assertRegex(self.fields["Maintainer"], r"^apikeyd maintainers <\S+@\S+>$")
        self.assertGreater(self.fields["Description"].count("\n"), 5)
        self.assertNotIn("&", self.fields["Description"])
        self.assertIn("ca-certificates", self.fields["Recommends"])
        version = installed.run(os.environ["APIKEYD_BIN"], "--version").split()[1]
        self.assertEqual(self.fields["Version"], f"{version}-1")
        self.assertEqual(self.package.name, f"apikeyd_{version}-1_{self.fields['Architecture']}.deb")
        with gzip.open(self.root / "usr/share/doc/apikeyd/changelog.Debian.gz", "rt") as text:
            self.assertEqual(text.readline(), f"apikeyd ({self.fields['Version']}) unstable; urgency=medium\n")

    @needs("readelf", "ldd")  # type: ignore[operator]
    def test_dependencies_have_every_library(self) -> None:
        program = str(self.root / "usr/bin/apikeyd")
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", installed.run("readelf", "--dynamic", program))
        self.assertGreater(len(needed), 5)
        where = dict(re.findall(r"(\S+) => (\S+) ", installed.run("ldd", program)))
        for library in needed:
            path = where.get(library)
            if path is None:  # the loader itself, which belongs to libc6
                self.assertTrue(library.startswith("ld-"), library)
                continue
            # dpkg knows it by the folder that the package named, before /lib became a link to /usr/lib.
            paths = {path, os.path.realpath(path), re.sub("^/usr", "", os.path.realpath(path))}
            done = subprocess.run(["dpkg", "--search", *paths], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  text=True, timeout=60, check=False)
            owners = re.findall(r"^([^:\s]+)", done.stdout, re.M)
            self.assertTrue(owners, f"{library} is nobody's")
            provided = installed.run("dpkg-query", "--show", "--showformat=, ${Provides}", *owners)
            names = {*owners, *(re.findall(r", ([^\s,]+)", provided))}
            self.assertTrue(names & set(self.depends()), f"{library} is {owners}'s")

    @needs("dpkg")  # type: ignore[operator]
    def test_dependencies_have_what_the_reload_runs(self) -> None:
        unit = (self.root / "usr/lib/systemd/system/apikeyd.service").read_text(encoding="utf-8")
        program = re.search(r"^ExecReload=(\S+)", unit, re.M)
        assert program
        owner = installed.run("dpkg", "--search", program[1]).split(":")[0]
        self.assertIn(owner, self.depends())

    def test_modes(self) -> None:
        # Made with a umask of 077.
        files = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(self.package)], check=True, timeout=60,
                               stdout=subprocess.PIPE).stdout
        with tarfile.open(fileobj=io.BytesIO(files)) as data:
            for member in data:
                self.assertEqual((member.uid, member.gid), (0, 0), member.name)
                program = member.name in ("./usr/bin/apikeyd", "./usr/share/doc/apikeyd/examples/gitops/pull.sh",
                                          "./usr/share/doc/apikeyd/examples/gitops/pre-commit")
                self.assertEqual(oct(member.mode), oct(0o755 if member.isdir() or program else 0o644), member.name)

    def test_what_it_holds(self) -> None:
        files = {name for name in installed.tree(self.root) if not name.startswith("DEBIAN/")}
        wanted = {SETTINGS, "usr/bin/apikeyd",
                  "usr/lib/systemd/system/apikeyd.service", "usr/lib/systemd/system/apikeyd@.service",
                  "usr/share/apikeyd/keys.schema.json", "usr/share/apikeyd/settings.schema.json",
                  "usr/share/bash-completion/completions/apikeyd", "usr/share/zsh/vendor-completions/_apikeyd",
                  "usr/share/fish/vendor_completions.d/apikeyd.fish", "usr/share/lintian/overrides/apikeyd",
                  *(f"usr/share/doc/apikeyd/{name}" for name in (
                      "copyright", "changelog.gz", "changelog.Debian.gz", "README.md", "examples/apikeyd.yaml",
                      "examples/keys.yaml", "examples/gitops/pull.sh", "examples/systemd/static-user.conf"))}
        if shutil.which("scdoc"):
            wanted |= {"usr/share/man/man8/apikeyd.8.gz", *(f"usr/share/man/man5/{name}.5.gz" for name in (
                "apikeyd.yaml", "apikeyd-keys"))}
        if (installed.ROOT / "systemd" / "apikeyd.catalog").exists():
            wanted.add("usr/lib/systemd/catalog/apikeyd.catalog")
        self.assertEqual(wanted - files, set())
        self.assertEqual({name for name in files if not name.startswith(("usr/share/", "usr/lib/systemd/"))},
                         {SETTINGS, "usr/bin/apikeyd"}, "no token, no keys, no state, nothing enabled")

    def test_settings_are_kept_on_upgrade(self) -> None:
        conffiles = (self.root / "DEBIAN" / "conffiles").read_text(encoding="utf-8").splitlines()
        self.assertEqual(conffiles, [f"/{SETTINGS}"])
        self.assertEqual([name for name in installed.tree(self.root) if name.startswith("etc/")], [SETTINGS])

    def test_settings_are_right_under_the_units(self) -> None:
        settings = self.root / SETTINGS
        installed.run(os.environ["APIKEYD_BIN"], "validate", "--config", str(settings),
                      str(self.root / "usr/share/doc/apikeyd/examples/keys.yaml"))
        text = settings.read_text(encoding="utf-8")
        self.assertIn("$schema=/usr/share/apikeyd/settings.schema.json\n", text)
        for name in ("token_file", "keys", "state"):  # the unit's, or an instance's own
            self.assertRegex(text, rf"(?m)^ *# {name}: ")
            self.assertNotRegex(text, rf"(?m)^ *{name}: ")

    @needs("shellcheck")  # type: ignore[operator]
    def test_scripts_pass_shellcheck(self) -> None:
        installed.run("shellcheck", "--shell=sh", *(str(self.root / "DEBIAN" / name) for name in SCRIPTS))

    def test_scripts(self) -> None:
        control = {path.name for path in (self.root / "DEBIAN").iterdir()}
        self.assertEqual(control - SCRIPTS, {"control", "conffiles", "md5sums"})
        for name in SCRIPTS:
            path = self.root / "DEBIAN" / name
            self.assertEqual(stat.filemode(path.stat().st_mode), "-rwxr-xr-x", name)
            installed.run("sh", "-n", str(path))
            self.assertNotRegex(path.read_text(encoding="utf-8"), r"\b(enable|start|preset)\b [^`]*service")

    def postrm(self, root: pathlib.Path, what: str) -> None:
        installed.run("sh", str(self.root / "DEBIAN" / "postrm"), what, env={**os.environ, "DPKG_ROOT": str(root)})

    def test_state_goes_with_purge_alone_and_nothing_of_the_operators_does(self) -> None:
        root = self.folder()
        units, state = root / "etc/systemd/system", root / "var/lib"
        for folder in (state / "private/apikeyd", state / "private/apikeyd-acme", state / "apikeyd-old",
                       state / "apikeyd-mirror/repository", state / "apikeyd-mirror/v1", state / "other",
                       state / "apikeyd-backup", units / "multi-user.target.wants", units / "apikeyd.service.d",
                       root / "etc/apikeyd/acme", root / "etc/apikeyd/old"):
            folder.mkdir(parents=True)
        for file in ("private/apikeyd/state.db", "private/apikeyd/state.db-wal", "private/apikeyd-acme/state.db",
                     "apikeyd-old/state.db", "apikeyd-backup/state.db", "other/state.db", "apikeyd-mirror/v1/keys.yaml"):
            (state / file).touch()
        (state / "apikeyd").symlink_to("private/apikeyd")
        (state / "apikeyd-acme").symlink_to("private/apikeyd-acme")
        for name in ("apikeyd.service", "apikeyd@acme.service", "ssh.service"):
            (units / "multi-user.target.wants" / name).symlink_to(f"/usr/lib/systemd/system/{name}")
        kept = ["etc/apikeyd/keys.yaml", "etc/apikeyd/api-token", "etc/apikeyd/acme/keys.yaml",
                "etc/systemd/system/apikeyd.service.d/drop-in.conf"]
        for file in kept:
            (root / file).touch()

        def everything() -> List[str]:
            return sorted(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()
                          or path.is_symlink())

        before = everything()
        for what in ("remove", "upgrade", "failed-upgrade", "abort-install", "abort-upgrade", "disappear"):
            self.postrm(root, what)
            self.assertEqual(everything(), before, what)
        for _ in range(2):  # the second finds nothing, and is content
            self.postrm(root, "purge")
            self.assertEqual(everything(), sorted([
                *kept, "etc/systemd/system/multi-user.target.wants/ssh.service", "var/lib/other/state.db",
                "var/lib/apikeyd-mirror/v1/keys.yaml", "var/lib/apikeyd-backup/state.db"]))
        self.assertEqual([path.name for path in (state / "private").iterdir()], [])

    @needs("lintian")  # type: ignore[operator]
    def test_lintian(self) -> None:
        as_root = ["--allow-root"] if os.geteuid() == 0 else []
        told = installed.run("lintian", "--no-user-dirs", "--fail-on", "error,warning", *as_root, str(self.package))
        self.assertEqual(told, "")

    def test_the_same_build_makes_the_same_package(self) -> None:
        again = installed.pack("DEB", self.folder(), umask=0o077)
        self.assertEqual(again.read_bytes(), self.package.read_bytes())


@made("TGZ")  # type: ignore[operator]
class Tarball(Temporary):
    package: pathlib.Path
    members: List[tarfile.TarInfo]
    root: pathlib.Path  # what it holds

    @classmethod
    def setUpClass(cls) -> None:
        cls.package = installed.package("TGZ")
        cls.root = cls.folder()
        with tarfile.open(cls.package) as archive:
            cls.members = archive.getmembers()
            archive.extractall(cls.root)

    def test_one_folder_of_roots_files_in_order(self) -> None:
        top = self.package.name[:-len(".tar.gz")]
        names = [member.name for member in self.members]
        self.assertEqual(names, sorted(names, key=lambda name: name.split("/")))
        self.assertEqual({name.split("/")[0] for name in names}, {top})
        self.assertEqual({name.split("/")[1] for name in names if "/" in name}, {"etc", "usr"})
        for member in self.members:
            self.assertEqual((member.uid, member.gid), (0, 0), member.name)
            self.assertFalse(member.mode & 0o022, member.name)

    def test_the_same_build_makes_the_same_package(self) -> None:
        again = installed.pack("TGZ", self.folder(), umask=0o022)
        self.assertEqual(again.read_bytes(), self.package.read_bytes())

    def test_it_is_what_cmake_installs(self) -> None:
        below = self.folder()
        installed.install("/usr", "--strip", below=str(below))
        top, = self.root.iterdir()
        packed, placed = installed.tree(top), installed.tree(below)
        self.assertEqual(packed.keys(), placed.keys())
        for name, (mode, content) in packed.items():
            self.assertEqual(mode, placed[name][0], name)
            self.assertEqual(content, placed[name][1], name)

    @made("DEB")  # type: ignore[operator]
    def test_the_debian_package_differs_only_where_debian_wants_it(self) -> None:
        root = self.folder() / "root"
        installed.run("dpkg-deb", "--extract", str(installed.package("DEB")), str(root))
        top, = self.root.iterdir()
        debian, other = installed.tree(root), installed.tree(top)
        doc = "usr/share/doc/apikeyd/"
        for name in [name for name in other if name.startswith("usr/share/man/")]:
            self.assertEqual(gzip.decompress(debian.pop(f"{name}.gz")[1]), other.pop(name)[1], name)
        self.assertEqual(gzip.decompress(debian.pop(f"{doc}changelog.gz")[1]), other.pop(f"{doc}CHANGELOG.md")[1])
        del other[f"{doc}LICENSE"]
        for name in (f"{doc}copyright", f"{doc}changelog.Debian.gz", "usr/share/lintian/overrides/apikeyd"):
            del debian[name]
        self.assertEqual(debian, other)


class Installing(Temporary):
    def test_local_prefix_reads_the_same_settings(self) -> None:
        below = self.folder()
        installed.install("/usr/local", below=str(below))
        self.assertTrue((below / SETTINGS).is_file(), "the program looks nowhere else")
        unit = (below / "usr/local/lib/systemd/system/apikeyd@.service").read_text(encoding="utf-8")
        self.assertIn("\nExecStart=/usr/local/bin/apikeyd run --instance %i\n", unit)
        self.assertIn("$schema=/usr/local/share/apikeyd/", (below / SETTINGS).read_text(encoding="utf-8"))

    def test_settings_that_are_there_stay(self) -> None:
        below = self.folder()
        (below / SETTINGS).parent.mkdir(parents=True)
        (below / SETTINGS).write_text("api:\n  url: staging\n", encoding="utf-8")
        told = installed.install("/usr", below=str(below))
        self.assertEqual((below / SETTINGS).read_text(encoding="utf-8"), "api:\n  url: staging\n")
        self.assertIn(f"Left as it is: {below / SETTINGS}", told)


if __name__ == "__main__":
    unittest.main()
