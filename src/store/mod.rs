//! The edge to disk: the schema, the encodings, RocksDB.
//!
//! Bytes and foreign types stop here: the ledger hands over values and keys and gets values back.
//! No rule of a poll is known here, and nothing is decided here.

mod codec;
mod cuts;
mod folder;
mod keys;
mod registers;
mod rocks;
mod writes;

pub use codec::{CodecError, Joint, Ring, Sums};
pub use cuts::{ByGroup, Cut, Cuts, Mark};
pub use folder::{DataFolder, FolderError};
pub use keys::{FORMAT_VERSION, Family, GroupId, Register};
pub use rocks::{OpenError, Row, Store, StoreError};
pub use writes::Writes;
