# SPDX-License-Identifier: Apache-2.0
"""Every way in which programs save a file."""

import os
import shutil
import subprocess
from pathlib import Path

import harness
from harness import BILLING, LEGACY, MOBILE, Case, desired_text, key

FIRST = [key(BILLING, "billing-1", True), key(MOBILE, "mobile-1", True), key(LEGACY, "legacy-1", True)]


def version(number: int) -> list[harness.Key]:
    return [key(BILLING, f"billing-{number}", True), key(MOBILE, f"mobile-{number}", True),
            key(LEGACY, f"legacy-{number}", True)]


class Saving(Case):
    def setUp(self) -> None:
        super().setUp()
        self.start_sandbox()

    def converge(self, *arguments: str) -> harness.Daemon:
        daemon = self.start(*arguments)
        self.wait_settled(daemon, 0, FIRST)
        return daemon

    def converge_on_file(self) -> harness.Daemon:
        self.save(*FIRST)
        return self.converge()

    def names_sent(self, since: int) -> set[str]:
        return {one["input"]["name"] for one in self.sandbox.sent(since) if "name" in one["input"]}

    def test_rename_over(self) -> None:
        daemon = self.converge_on_file()
        for number in range(2, 6):
            self.wait_converged(self.save(*version(number)), daemon)

    def test_in_place(self) -> None:
        daemon = self.converge_on_file()
        for number in range(2, 6):
            self.keys_file.write_text(desired_text(version(number)), encoding="utf-8")
            self.wait_converged(version(number), daemon)

    def test_in_place_step_by_step(self) -> None:
        """Each step leaves a file that is valid and says something else; none but the last counts."""
        daemon = self.converge_on_file()
        before = self.sandbox.seq()
        text = desired_text(version(2))
        cuts = [text.index("    name", text.index(MOBILE)),     # billing, and mobile without its fields
                text.index('e-2"', text.index('"mobile')),      # in the middle of a name
                text.index(f"  - id: {LEGACY}")]                # two whole keys
        with self.keys_file.open("w", encoding="utf-8") as file:
            done = 0
            for cut in cuts:
                file.write(text[done:cut])
                file.flush()
                os.fsync(file.fileno())
                done = cut
                harness.stays(lambda: not self.sandbox.journal(before), "nothing sent of a half-written file", 0.3)
            file.write(text[done:])
        self.wait_converged(version(2), daemon)
        self.assertEqual(self.names_sent(before), {"billing-2", "mobile-2", "legacy-2"})
        loaded = [event["keys"] for event in daemon.events_of("desired_loaded")]
        self.assertEqual(loaded, [3, 3], daemon.tail())

    def test_half_written_and_other_files_saved_beside_it(self) -> None:
        """What happens to its neighbours must not make it be read while it is being written."""
        daemon = self.converge_on_file()
        before = self.sandbox.seq()
        text = desired_text(version(2))
        half = text.index(f"  - id: {LEGACY}")
        with self.keys_file.open("w", encoding="utf-8") as file:
            file.write(text[:half])
            file.flush()
            for number in range(5):
                harness.write_atomically(self.keys_folder / f"other-{number}.txt", "something else\n")
                (self.keys_folder / f"another-{number}.txt").write_text("something else\n", encoding="utf-8")
            harness.stays(lambda: not self.sandbox.journal(before), "nothing sent of a half-written file")
            file.write(text[half:])
        self.wait_converged(version(2), daemon)
        self.assertEqual([event["keys"] for event in daemon.events_of("desired_loaded")], [3, 3], daemon.tail())

    def test_backup_and_new(self) -> None:
        daemon = self.converge_on_file()
        for number in range(2, 5):
            self.keys_file.rename(self.keys_folder / "keys.yaml~")
            self.keys_file.write_text(desired_text(version(number)), encoding="utf-8")
            self.wait_converged(version(number), daemon)

    def test_file_deleted_and_made_again(self) -> None:
        daemon = self.converge_on_file()
        for number in range(2, 5):
            before, mark = self.sandbox.seq(), daemon.mark()
            self.keys_file.unlink()
            daemon.wait_event("desired_invalid", mark)
            self.assertEqual(self.sandbox.journal(before), [])
            self.keys_file.write_text(desired_text(version(number)), encoding="utf-8")
            self.wait_converged(version(number), daemon)

    def test_folder_deleted_and_made_again(self) -> None:
        daemon = self.converge_on_file()
        for number in range(2, 5):
            mark = daemon.mark()
            shutil.rmtree(self.keys_folder)
            daemon.wait_event("desired_invalid", mark)
            self.keys_folder.mkdir()
            self.keys_file.write_text(desired_text(version(number)), encoding="utf-8")
            self.wait_converged(version(number), daemon)

    def test_folder_moved_and_replaced(self) -> None:
        daemon = self.converge_on_file()
        for number in range(2, 5):
            new = self.folder / f"config.new-{number}"
            new.mkdir()
            (new / "keys.yaml").write_text(desired_text(version(number)), encoding="utf-8")
            self.keys_folder.rename(self.folder / f"config.old-{number}")
            new.rename(self.keys_folder)
            self.wait_converged(version(number), daemon)
        # The folder that was moved away doesn't count any more, the one in its place does.
        (self.folder / "config.old-4" / "keys.yaml").write_text(desired_text(version(9)), encoding="utf-8")
        self.wait_converged(self.save(*version(5)), daemon)
        self.assertNotIn("billing-9", self.names_sent(0))

    def test_folder_above_replaced(self) -> None:
        self.keys_file = self.folder / "a" / "b" / "keys.yaml"
        self.keys_file.parent.mkdir(parents=True)
        daemon = self.converge_on_file()
        new = self.folder / "a.new" / "b"
        new.mkdir(parents=True)
        (new / "keys.yaml").write_text(desired_text(version(2)), encoding="utf-8")
        (self.folder / "a").rename(self.folder / "a.old")
        (self.folder / "a.new").rename(self.folder / "a")
        self.wait_converged(version(2), daemon)
        self.wait_converged(self.save(*version(3)), daemon)

    def test_config_map(self) -> None:
        """As Kubernetes mounts one: keys.yaml -> ..data/keys.yaml, ..data -> ..2024_x, which is swapped."""
        def publish(number: int) -> None:
            version_folder = self.keys_folder / f"..2024_01_{number}"
            version_folder.mkdir()
            (version_folder / "keys.yaml").write_text(desired_text(version(number)), encoding="utf-8")
            beside = self.keys_folder / "..data_tmp"
            beside.symlink_to(version_folder.name)
            beside.rename(self.keys_folder / "..data")
            if number > 1:
                shutil.rmtree(self.keys_folder / f"..2024_01_{number - 1}")

        publish(1)
        self.keys_file.symlink_to("..data/keys.yaml")
        daemon = self.converge()
        for number in range(2, 6):
            publish(number)
            self.wait_converged(version(number), daemon)

    def test_config_map_as_a_folder(self) -> None:
        """--keys names the folder that the link leads to."""
        real = self.folder / "versions"
        for number in (1, 2):
            (real / str(number)).mkdir(parents=True)
            (real / str(number) / "keys.yaml").write_text(desired_text(version(number)), encoding="utf-8")
        link = self.folder / "current"
        link.symlink_to("versions/1")
        daemon = self.converge("--keys", str(link))
        beside = self.folder / "current.new"
        beside.symlink_to("versions/2")
        beside.rename(link)
        self.wait_converged(version(2), daemon)

    def test_hard_link(self) -> None:
        daemon = self.converge_on_file()
        (self.folder / "elsewhere.yaml").write_text(desired_text(version(2)), encoding="utf-8")
        self.keys_file.unlink()
        self.keys_file.hardlink_to(self.folder / "elsewhere.yaml")
        self.wait_converged(version(2), daemon)

    def test_moved_in_from_another_folder(self) -> None:
        daemon = self.converge_on_file()
        elsewhere = self.folder / "elsewhere.yaml"
        elsewhere.write_text(desired_text(version(2)), encoding="utf-8")
        elsewhere.rename(self.keys_file)
        self.wait_converged(version(2), daemon)

    def test_many_saves_in_a_row(self) -> None:
        """Only what the file says last counts; what lay between may be skipped."""
        daemon = self.converge_on_file()
        for number in range(2, 60):
            self.save(*version(number))
        self.wait_converged(version(59), daemon)
        self.assertEqual(daemon.stop(), 0, daemon.tail())
        self.assertEqual(self.sandbox.differences(version(59)), [])
        sent = [int(one["input"]["name"].split("-")[1]) for one in self.sandbox.sent(id_=BILLING)]
        self.assertEqual(sent, sorted(sent))

    def test_folder_with_several_files(self) -> None:
        parts = {"10-billing.yaml": FIRST[:1], "20-mobile.yml": FIRST[1:2], "30-legacy.yaml": FIRST[2:]}
        for name, keys in parts.items():
            (self.keys_folder / name).write_text(desired_text(keys), encoding="utf-8")
        (self.keys_folder / ".hidden.yaml").write_text("not even YAML: [", encoding="utf-8")
        (self.keys_folder / "README.txt").write_text("not YAML either: [", encoding="utf-8")
        daemon = self.converge("--keys", str(self.keys_folder))
        with self.subTest("edit of one"):
            harness.write_atomically(self.keys_folder / "20-mobile.yml", desired_text(version(2)[1:2]))
            self.wait_converged([FIRST[0], version(2)[1], FIRST[2]], daemon)
        with self.subTest("one more, one less"):
            # A key moves from file to file: the moment in which both have it is invalid and changes nothing.
            harness.write_atomically(self.keys_folder / "15-more.yaml", desired_text(version(3)[:1]))
            daemon.wait_event("desired_invalid")
            (self.keys_folder / "10-billing.yaml").unlink()
            self.wait_converged([version(3)[0], version(2)[1], FIRST[2]], daemon)
        with self.subTest("one is invalid"):
            mark, before = daemon.mark(), self.sandbox.seq()
            (self.keys_folder / "30-legacy.yaml").write_text("version: 1\nkeys: 7\n", encoding="utf-8")
            event = daemon.wait_event("desired_invalid", mark)
            self.assertIn("30-legacy.yaml", event["file"])
            self.assertEqual(self.sandbox.journal(before), [])
            harness.write_atomically(self.keys_folder / "30-legacy.yaml", desired_text(version(4)[2:]))
            self.wait_converged([version(3)[0], version(2)[1], version(4)[2]], daemon)

    def edit_with(self, program: str, command: list[str], stdin: str = "") -> None:
        if not shutil.which(program):
            self.skipTest(f"{program} is not installed")
        daemon = self.converge_on_file()
        subprocess.run(command, input=stdin, text=True, check=True, timeout=30 * harness.FACTOR,
                       stdout=subprocess.DEVNULL, env=self.environment(TERM="dumb"))
        self.wait_converged([key(BILLING, "edited-by-hand", True), *FIRST[1:]], daemon)

    def test_vim(self) -> None:
        program = next((name for name in ("vim", "vim.tiny") if shutil.which(name)), "vim")
        self.edit_with(program, [program, "-u", "NONE", "-es", "-c", "set backup", "-c", "%s/billing-1/edited-by-hand/",
                                 "-c", "wq", str(self.keys_file)])

    def test_vim_backupcopy(self) -> None:
        program = next((name for name in ("vim", "vim.tiny") if shutil.which(name)), "vim")
        self.edit_with(program, [program, "-u", "NONE", "-es", "-c", "set backup backupcopy=yes",
                                 "-c", "%s/billing-1/edited-by-hand/", "-c", "wq", str(self.keys_file)])

    def test_ed(self) -> None:
        self.edit_with("ed", ["ed", "-s", str(self.keys_file)], ",s/billing-1/edited-by-hand/\nw\nq\n")

    def test_sed(self) -> None:
        self.edit_with("sed", ["sed", "-i", "s/billing-1/edited-by-hand/", str(self.keys_file)])

    def test_cp(self) -> None:
        other = Path(self.folder / "other.yaml")
        other.write_text(desired_text([key(BILLING, "edited-by-hand", True), *FIRST[1:]]), encoding="utf-8")
        self.edit_with("cp", ["cp", str(other), str(self.keys_file)])

    def test_install(self) -> None:
        other = Path(self.folder / "other.yaml")
        other.write_text(desired_text([key(BILLING, "edited-by-hand", True), *FIRST[1:]]), encoding="utf-8")
        self.edit_with("install", ["install", "-m", "0644", str(other), str(self.keys_file)])


if __name__ == "__main__":
    harness.main()
