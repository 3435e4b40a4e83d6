use super::*;
use crate::ground::faults::Fault;
use proptest::collection::vec;
use proptest::prelude::*;
use std::path::PathBuf;

struct Store {
    _folder: tempfile::TempDir,
    path: PathBuf,
    wrapping: Arc<WrappingKey>,
    faults: Faults,
}

impl Store {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slots");
        let wrapping = Arc::new(WrappingKey::new(&Secret::new([7; 32])));
        Self { _folder: folder, path, wrapping, faults: Faults::none() }
    }

    fn create(&self) -> Result<Slots, SlotsError> {
        Slots::create(&self.path, self.wrapping.clone(), 1, &key(1), self.faults.clone())
    }

    fn open(&self) -> (Slots, Vec<(u64, Secret<32>)>) {
        Slots::open(&self.path, self.wrapping.clone(), self.faults.clone()).unwrap()
    }

    fn epochs(&self) -> Vec<u64> {
        let (_, keys) = self.open();
        keys.iter().for_each(|(epoch, found)| assert_eq!(found.expose(), key(*epoch).expose()));
        keys.iter().map(|(epoch, _)| *epoch).collect()
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap()
    }
}

fn key(epoch: u64) -> Secret<32> {
    Secret::new([u8::try_from(epoch).unwrap(); 32])
}

#[test]
fn epochs_take_turns_in_two_blocks() {
    let store = Store::new();
    let mut slots = store.create().unwrap();
    assert_eq!(slots.states(), [SlotState::Empty, SlotState::Full { epoch: 1 }]);
    for epoch in 2..9 {
        slots.write(epoch, &key(epoch)).unwrap();
        assert_eq!(store.epochs(), [epoch - 1, epoch]);
        slots.erase(epoch - 1).unwrap();
        assert_eq!(store.epochs(), [epoch]);
        assert_eq!(store.bytes().len() as u64, FILE_BYTES);
    }
    assert_eq!(inspect(&store.path, &store.wrapping).unwrap(), slots.states());
}

#[test]
fn a_key_that_was_not_erased_is_never_overwritten() {
    let store = Store::new();
    let mut slots = store.create().unwrap();
    slots.write(2, &key(2)).unwrap();
    for epoch in [1, 3, 5] {
        let refused = slots.write(epoch, &key(9)).unwrap_err();
        assert!(matches!(refused, SlotsError::Occupied { held: 1, .. }));
    }
    assert!(matches!(slots.erase(3), Err(SlotsError::Occupied { epoch: 3, held: 1 })));
    assert_eq!(store.epochs(), [1, 2]);
}

#[test]
fn an_erased_block_shares_nothing_with_what_it_was_but_its_header() {
    let store = Store::new();
    let mut slots = store.create().unwrap();
    let before = store.bytes();
    slots.erase(1).unwrap();
    let after = store.bytes();
    let sealed = BLOCK_BYTES + HEADER_END..BLOCK_BYTES + KEY_END;
    let same = before[sealed.clone()].iter().zip(&after[sealed]).filter(|(a, b)| a == b).count();
    assert!(same < 8, "{same} of 88 bytes stayed");
    assert_eq!(before[..BLOCK_BYTES], after[..BLOCK_BYTES], "the other block is untouched");
    slots.erase(1).unwrap();
    assert_eq!(store.epochs(), [0; 0]);
}

#[test]
fn every_changed_byte_of_a_block_is_found() {
    let store = Store::new();
    let full = full_block(2, &key(2), &store.wrapping);
    for good in [&full, &empty_block()] {
        for offset in 0..BLOCK_BYTES {
            let mut changed = good.clone();
            changed[offset] ^= 1 << (offset % 8);
            let (state, key) = decode(0, &changed, &store.wrapping).unwrap();
            assert_eq!(state, SlotState::Unreadable, "byte {offset}");
            assert!(key.is_none());
        }
    }
}

#[test]
fn a_damaged_block_leaves_the_other_readable() {
    let store = Store::new();
    store.create().unwrap().write(2, &key(2)).unwrap();
    let bytes = store.bytes();
    for (at, left) in [(0, 1), (BLOCK_BYTES, 2)] {
        let mut changed = bytes.clone();
        changed[at + 99] ^= 1;
        fs::write(&store.path, &changed).unwrap();
        assert_eq!(store.epochs(), [left]);
    }
}

#[test]
fn a_write_torn_at_any_sector_leaves_the_old_the_new_or_an_unreadable_block() {
    let store = Store::new();
    let (old, new) = (empty_block(), full_block(2, &key(2), &store.wrapping));
    for torn in 0..256 {
        let (state, _) = decode(0, &mix(&old, &new, torn), &store.wrapping).unwrap();
        let expected = match torn {
            0 => SlotState::Empty,
            255 => SlotState::Full { epoch: 2 },
            _ => SlotState::Unreadable,
        };
        assert_eq!(state, expected);
    }
}

#[test]
fn a_torn_block_is_rewritten_as_it_is_until_it_is_erased() {
    let store = Store::new();
    let mut slots = store.create().unwrap();
    let before = store.bytes();
    slots.write(2, &key(2)).unwrap();
    let mut bytes = store.bytes();
    // All but the last sector is new: the checksum is missing, the sealed key is there.
    let torn = mix(before.first_chunk().unwrap(), bytes.first_chunk().unwrap(), 127);
    bytes[..BLOCK_BYTES].copy_from_slice(&*torn);
    fs::write(&store.path, &bytes).unwrap();

    let (mut slots, _) = store.open();
    slots.rewrite_all().unwrap();
    assert_eq!(store.bytes(), bytes);
    slots.erase_unreadable().unwrap();
    assert_eq!(slots.states(), [SlotState::Empty, SlotState::Full { epoch: 1 }]);
    let same = (EPOCH_END..KEY_END).filter(|at| bytes[*at] == store.bytes()[*at]).count();
    assert!(same < 8, "{same} of 80 bytes stayed");
    slots.write(2, &key(2)).unwrap();
    assert_eq!(store.epochs(), [1, 2]);
}

/// The block of which those of its eight sectors are new whose bit is set: a disk may write them in
/// any order.
fn mix(old: &Block, new: &Block, sectors: u32) -> Box<Block> {
    let mut mixed = Box::new(*old);
    for sector in (0..8).filter(|sector| sectors & (1 << sector) != 0).map(|sector| sector * 512) {
        mixed[sector..sector + 512].copy_from_slice(&new[sector..sector + 512]);
    }
    mixed
}

#[test]
fn a_block_moved_to_the_other_slot_is_unreadable() {
    let store = Store::new();
    store.create().unwrap();
    let mut bytes = store.bytes();
    bytes.rotate_left(BLOCK_BYTES);
    fs::write(&store.path, &bytes).unwrap();
    assert_eq!(store.open().0.states(), [SlotState::Unreadable, SlotState::Empty]);
}

#[test]
fn another_wrapping_key_is_told_from_damage() {
    let store = Store::new();
    store.create().unwrap();
    let other = Arc::new(WrappingKey::new(&Secret::new([8; 32])));
    let refused = Slots::open(&store.path, other, Faults::none()).err().unwrap();
    assert!(matches!(refused, SlotsError::WrappingKey));
}

#[test]
fn a_file_of_another_length_is_refused() {
    let store = Store::new();
    store.create().unwrap();
    for length in [0, 1, FILE_BYTES - 1, FILE_BYTES + 1] {
        File::options().write(true).open(&store.path).unwrap().set_len(length).unwrap();
        let refused = inspect(&store.path, &store.wrapping).unwrap_err();
        assert!(matches!(refused, SlotsError::Size { bytes } if bytes == length));
    }
}

#[test]
fn creation_is_completed_after_a_crash_and_never_done_twice() {
    for skip in [0, 1] {
        for fault in [Fault::Lost, Fault::Persisted] {
            let store = Store::new();
            store.faults.arm(Point::SlotWrite, fault, skip);
            assert!(matches!(store.create(), Err(SlotsError::Injected(_))));
            match store.create() {
                Ok(_) => assert_ne!((skip, fault), (1, Fault::Persisted)),
                Err(refused) => assert!(matches!(refused, SlotsError::Exists)),
            }
            assert_eq!(store.epochs(), [1]);
        }
    }
}

#[test]
fn a_write_that_fails_is_lost_or_there_and_its_slot_unknown() {
    for (fault, expected) in [(Fault::Lost, vec![1]), (Fault::Persisted, vec![1, 2])] {
        let store = Store::new();
        let mut slots = store.create().unwrap();
        store.faults.arm(Point::SlotWrite, fault, 0);
        slots.write(2, &key(2)).unwrap_err();
        assert_eq!(slots.states()[0], SlotState::Unreadable);
        assert_eq!(store.epochs(), expected);
    }
    for (fault, expected) in [(Fault::Lost, vec![1]), (Fault::Persisted, vec![])] {
        let store = Store::new();
        let mut slots = store.create().unwrap();
        store.faults.arm(Point::SlotErase, fault, 0);
        slots.erase(1).unwrap_err();
        assert_eq!(store.epochs(), expected);
        let (mut slots, _) = store.open();
        slots.erase(1).unwrap();
        assert_eq!(store.epochs(), [0; 0]);
    }
}

proptest! {
    #[test]
    fn a_block_of_any_bytes_is_unreadable(bytes in vec(any::<u8>(), BLOCK_BYTES)) {
        let wrapping = WrappingKey::new(&Secret::new([7; 32]));
        let (state, key) = decode(0, bytes[..].try_into().unwrap(), &wrapping).unwrap();
        prop_assert_eq!(state, SlotState::Unreadable);
        prop_assert!(key.is_none());
    }

    #[test]
    fn a_full_block_reads_as_it_was_written(epoch: u64, secret: [u8; 32]) {
        let wrapping = WrappingKey::new(&Secret::new([7; 32]));
        let block = full_block(epoch, &Secret::new(secret), &wrapping);
        let (state, key) = decode(index(epoch), &block, &wrapping).unwrap();
        prop_assert_eq!(state, SlotState::Full { epoch });
        let (read_epoch, read) = key.unwrap();
        prop_assert_eq!((read_epoch, read.expose()), (epoch, &secret));
    }
}
