//! Where one message ends and the next begins in a gRPC body.
//!
//! ```text
//! flags (0: plain, 1: compressed) | length, 4 bytes, big-endian | message | flags | ...
//! ```

/// Bytes before each message.
const HEADER_BYTES: usize = 5;

/// Follows a body, however it is cut into chunks.
#[derive(Default)]
pub(super) struct Frames {
    header: [u8; HEADER_BYTES],
    header_filled: usize,
    /// Bytes of the message under way that are still to come, once its header is whole.
    rest: usize,
    /// Bytes of the message under way that have come, header included.
    held: usize,
    messages: u64,
}

/// A message whose flags say that it is compressed, or nothing that we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotPlain;

impl Frames {
    /// Follows a chunk.
    pub(super) fn follow(&mut self, mut chunk: &[u8]) -> Result<(), NotPlain> {
        while !chunk.is_empty() {
            let wanted =
                if self.in_header() { HEADER_BYTES - self.header_filled } else { self.rest };
            let (part, others) = chunk.split_at(wanted.min(chunk.len()));
            chunk = others;
            self.held += part.len();
            if self.in_header() {
                self.fill_header(part)?;
            } else {
                self.rest -= part.len();
            }
            if !self.in_header() && self.rest == 0 {
                self.messages += 1;
                (self.header_filled, self.held) = (0, 0);
            }
        }
        Ok(())
    }

    /// Bytes that have come of a message that is not complete.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Messages that are complete.
    pub(super) fn messages(&self) -> u64 {
        self.messages
    }

    fn in_header(&self) -> bool {
        self.header_filled < HEADER_BYTES
    }

    fn fill_header(&mut self, part: &[u8]) -> Result<(), NotPlain> {
        self.header[self.header_filled..][..part.len()].copy_from_slice(part);
        self.header_filled += part.len();
        let [flags, length @ ..] = self.header;
        if flags != 0 {
            return Err(NotPlain);
        }
        if !self.in_header() {
            self.rest = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(length: usize) -> Vec<u8> {
        let mut bytes = vec![0];
        bytes.extend(u32::try_from(length).unwrap().to_be_bytes());
        // Ones: a byte of it read as flags would show.
        bytes.resize(HEADER_BYTES + length, 1);
        bytes
    }

    proptest! {
        #[test]
        fn messages_are_counted_however_they_are_cut(
            lengths in prop::collection::vec(0_usize..300, 0..20),
            cuts in prop::collection::vec(0_usize..64, 0..400),
        ) {
            let body: Vec<u8> = lengths.iter().flat_map(|length| message(*length)).collect();
            let ends: Vec<usize> = lengths
                .iter()
                .scan(0, |end, length| {
                    *end += HEADER_BYTES + length;
                    Some(*end)
                })
                .collect();
            let mut frames = Frames::default();
            let mut at = 0;
            for cut in cuts.into_iter().chain([body.len()]) {
                let next = (at + cut).min(body.len());
                frames.follow(&body[at..next]).unwrap();
                at = next;
                let complete = ends.iter().filter(|end| **end <= at).count();
                prop_assert_eq!(frames.messages(), complete as u64);
                let begun = complete.checked_sub(1).map_or(0, |last| ends[last]);
                prop_assert_eq!(frames.held(), at - begun);
            }
        }

        #[test]
        fn any_bytes_at_all_are_followed_or_refused(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20),
        ) {
            let mut frames = Frames::default();
            let refused = chunks.iter().any(|chunk| frames.follow(chunk).is_err());
            prop_assert!(refused || frames.held() <= chunks.iter().map(Vec::len).sum());
        }
    }

    #[test]
    fn a_message_that_is_not_plain_is_refused_at_its_first_byte() {
        for flags in [1, 2, 128, 255] {
            let mut frames = Frames::default();
            frames.follow(&message(7)).unwrap();
            assert_eq!(frames.follow(&[flags]), Err(NotPlain));
        }
    }
}
