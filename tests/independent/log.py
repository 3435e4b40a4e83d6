#!/usr/bin/env python3
"""Checks the golden public log with implementations that are not ours.

    pip install pymerkle==7.0.0 cryptography==50.0.2 aics-tlog==0.2.1
    python3 tests/independent/log.py [folder]

Root, inclusion and consistency by pymerkle, which knows the tree but not the files; the note's
signature by cryptography; files, checkpoint and proofs once more by aics-tlog, which knows the C2SP
formats (it needs Python 3.12: without it that part is left out, and the last line says so). Reading
the files for the first part is done here, from the specifications.

Does not read a line of Rust, and stops at the first thing that does not hold.
"""

import base64
import hashlib
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pymerkle import InmemoryTree

WIDTH = 256


def check(holds, what):
    if not holds:
        sys.exit(f"does not hold: {what}")


def open_note(note, vkey):
    """C2SP signed-note, one Ed25519 key: the text."""
    name, key_id, key = vkey.split("+", 2)
    kind_and_key = base64.b64decode(key, validate=True)
    check(kind_and_key[0] == 1 and len(kind_and_key) == 33, "the key is of Ed25519")
    named = name.encode() + b"\n" + kind_and_key
    check(hashlib.sha256(named).hexdigest()[:8] == key_id, "the key's id is that of name and key")
    body, _, lines = note.rpartition("\n\n")
    text = body + "\n"
    good = 0
    for line in lines.splitlines():
        dash, signer, signature = line.split(" ")
        signature = base64.b64decode(signature, validate=True)
        check(dash == "\u2014", "a signature line begins with an em dash")
        if signer == name and signature[:4].hex() == key_id:
            # Raises if it is not the key's.
            Ed25519PublicKey.from_public_bytes(kind_and_key[1:]).verify(signature[4:], text.encode())
            good += 1
    check(good == 1, "the log's key signed the note")
    return text


def open_checkpoint(note, vkey):
    """C2SP tlog-checkpoint: size and root."""
    origin, size, root = open_note(note, vkey).splitlines()
    check(origin == vkey.split("+")[0], "the origin is the key's name")
    return int(size), base64.b64decode(root, validate=True)


def tile_path(kind, index, width):
    """C2SP tlog-tiles."""
    digits = f"{index:03}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    number = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return f"tile/{kind}/{number}" + (f".p/{width}" if width < WIDTH else "")


def tiles(size):
    for index in range(-(-size // WIDTH)):
        yield index, min(WIDTH, size - index * WIDTH)


def read_entries(folder, size):
    entries = []
    for index, width in tiles(size):
        data, start = (folder / tile_path("entries", index, width)).read_bytes(), len(entries)
        while data:
            length = int.from_bytes(data[:2], "big")
            check(len(data) >= 2 + length, "a bundle is whole")
            entries.append(data[2 : 2 + length])
            data = data[2 + length :]
        check(len(entries) - start == width, "a bundle holds as many entries as its name says")
    return entries


def consistency_proof(entries, old, is_whole=True):
    """RFC 6962, 2.1.2, word for word; the roots in it are pymerkle's."""

    def root(part):
        tree = InmemoryTree(algorithm="sha256")
        tree.append_entries(part)
        return tree.get_root()

    if old == len(entries):
        return [] if is_whole else [root(entries)]
    middle = 1 << (len(entries) - 1).bit_length() - 1
    if old <= middle:
        return [*consistency_proof(entries[:middle], old, is_whole), root(entries[middle:])]
    return [*consistency_proof(entries[middle:], old - middle, False), root(entries[:middle])]


def by_pymerkle(folder, vkey):
    size, root = open_checkpoint((folder / "checkpoint").read_text(), vkey)
    old_size, old_root = open_checkpoint((folder / "checkpoint-270").read_text(), vkey)
    entries = read_entries(folder, size)
    tree = InmemoryTree(algorithm="sha256")
    tree.append_entries(entries)
    check(tree.get_root() == root, "the entries make the checkpoint's root")
    check(tree.get_root(old_size) == old_root, "the first entries make the older checkpoint's root")
    tree.prove_consistency(old_size, size).verify(old_root, root)
    lines = (folder / "consistency-270").read_text().split()
    consistency = [base64.b64decode(line, validate=True) for line in lines]
    check(consistency == consistency_proof(entries, old_size), "the consistency proof")

    # The hash tiles: of level 0 the leaves, of level 1 the roots of 256 each.
    for index, width in tiles(size):
        start = index * WIDTH
        leaves = b"".join(tree.get_leaf(at + 1) for at in range(start, start + width))
        path = tile_path(0, index, width)
        check((folder / path).read_bytes() == leaves, path)
    full = size // WIDTH
    for index, width in tiles(full):
        roots = b""
        for at in range(index * WIDTH, index * WIDTH + width):
            part = InmemoryTree(algorithm="sha256")
            part.append_entries(entries[at * WIDTH : (at + 1) * WIDTH])
            roots += part.get_root()
        path = tile_path(1, index, width)
        check((folder / path).read_bytes() == roots, path)

    proofs = sorted(folder.glob("*.tlog-proof"))
    for path in proofs:
        # C2SP tlog-proof.
        head, checkpoint = path.read_text().split("\n\n", 1)
        header, index, *hashes = head.splitlines()
        check(header == "c2sp.org/tlog-proof@v1", "the proof's first line")
        check(open_checkpoint(checkpoint, vkey) == (size, root), "the proof's checkpoint")
        index = int(index.removeprefix("index "))
        theirs = tree.prove_inclusion(index + 1, size)
        ours = [base64.b64decode(line, validate=True) for line in hashes]
        # Theirs begins with the leaf, which is in no proof of RFC 6962.
        check(theirs.path == [tree.get_leaf(index + 1), *ours], f"{path.name}: the hashes")
        theirs.path = [hashlib.sha256(b"\0" + entries[index]).digest(), *ours]
        theirs.verify(theirs.path[0], root, index=index + 1, size=size)
    return len(proofs)


def by_aics(folder, vkey_text):
    import aics_tlog

    vkey = aics_tlog.parse_vkey(vkey_text)

    def opened(note):
        found = aics_tlog.verify_checkpoint(
            aics_tlog.parse_note(note), vkey, expected_origin=vkey.name
        )
        check(found.ok, f"aics-tlog: checkpoint: {found.error}")
        return found.size, found.root

    size, root = opened((folder / "checkpoint").read_bytes())
    old_size, old_root = opened((folder / "checkpoint-270").read_bytes())
    reader = aics_tlog.FileSystemTileReader(folder)
    report = aics_tlog.audit_tiles(reader, size, root)
    check((report.tiles, report.bundles) == (3, 2), f"aics-tlog: tiles {report}")

    consistency = (folder / "consistency-270").read_text().split()
    consistency = [base64.b64decode(line, validate=True) for line in consistency]
    theirs = aics_tlog.consistency_proof_from_tiles(reader, old_size, size)
    check(consistency == theirs, "aics-tlog: the consistency proof")
    check(
        aics_tlog.verify_consistency(old_size, size, old_root, root, consistency),
        "aics-tlog: consistency",
    )
    for path in sorted(folder.glob("*.tlog-proof")):
        head, checkpoint = path.read_text().split("\n\n", 1)
        _, index, *hashes = head.splitlines()
        index = int(index.removeprefix("index "))
        hashes = [base64.b64decode(line, validate=True) for line in hashes]
        check(opened(checkpoint) == (size, root), "aics-tlog: the proof's checkpoint")
        entry = aics_tlog.read_entry(reader, index, size)
        check(
            aics_tlog.verify_leaf_inclusion(entry, index, size, hashes, root),
            f"aics-tlog: {path.name}",
        )


def main():
    here = Path(__file__).resolve().parent
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else here.parent / "data" / "log"
    vkey = (folder / "vkey").read_text().strip()
    proofs = by_pymerkle(folder, vkey)
    print(f"pymerkle and cryptography: tree, tiles, checkpoints and {proofs} proofs hold")
    try:
        import aics_tlog  # noqa: F401
    except ImportError:
        print("aics-tlog: left out, it is not installed")
        return
    by_aics(folder, vkey)
    print("aics-tlog: checkpoints, tiles, bundles, inclusion and consistency hold")


if __name__ == "__main__":
    main()
