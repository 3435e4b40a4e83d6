//! How much a request may hold, found before anything is made of it.
//!
//! An empty ballot takes two bytes on the wire and a hundred in memory, so a message's length does
//! not bound what decoding it costs. This walks over tags and lengths and makes nothing. It does
//! not say whether a message can be decoded, and looks at no value.

use std::any::TypeId;

use prost::bytes::Buf;
use prost::encoding::{WireType, decode_key, decode_varint};

use crate::limits::{
    ANSWER_OPTIONS_MAX, BALLOT_ANSWERS_MAX, BATCH_BALLOTS_MAX, STATED_AGES_MAX, STATED_GROUPS_MAX,
    WIRE_FIELDS_MAX,
};
use crate::proto::{
    CastBallotRequest, CastBallotsRequest, GetParticipationRequest, ListEligiblePollsRequest,
    StreamBallotsRequest,
};
use holos_reasons::Reason;

/// The fields of a message that hold others or may repeat.
#[derive(Debug)]
pub(super) struct Shape(&'static [Field]);

#[derive(Debug)]
struct Field {
    number: u32,
    holds: Holds,
    most: usize,
    surplus: Reason,
}

#[derive(Debug)]
enum Holds {
    Message(Shape),
    Text,
    Numbers,
}

const fn few(number: u32, holds: Holds, most: usize) -> Field {
    Field { number, holds, most, surplus: Reason::MessageMalformed }
}

/// Decoders merge a single message that stands twice, lists and all: what stands in it twice over
/// would be counted apart and held together.
const fn one(number: u32, message: Shape) -> Field {
    few(number, Holds::Message(message), 1)
}

const fn batch(number: u32) -> Field {
    let (holds, surplus) = (Holds::Message(BALLOT), Reason::BatchTooLarge);
    Field { number, holds, most: BATCH_BALLOTS_MAX, surplus }
}

// By the numbers in proto/holos/v1; a test encodes each of these messages at its bounds.
const STATED_CLAIMS: Shape =
    Shape(&[few(1, Holds::Numbers, STATED_AGES_MAX), few(5, Holds::Text, STATED_GROUPS_MAX)]);
const VOUCHED_VOTER: Shape = Shape(&[one(2, STATED_CLAIMS)]);
const ANSWER: Shape = Shape(&[few(2, Holds::Text, ANSWER_OPTIONS_MAX)]);
const BALLOT: Shape =
    Shape(&[one(2, VOUCHED_VOTER), few(5, Holds::Message(ANSWER), BALLOT_ANSWERS_MAX)]);
const ASKER: Shape = Shape(&[one(2, VOUCHED_VOTER)]);

static CAST_BALLOT: Shape = Shape(&[one(2, BALLOT)]);
static CAST_BALLOTS: Shape = Shape(&[batch(2)]);
static STREAM_BALLOTS: Shape = Shape(&[batch(3)]);
static GET_PARTICIPATION: Shape = Shape(&[one(2, ASKER)]);
static LIST_ELIGIBLE_POLLS: Shape = Shape(&[one(1, ASKER)]);

/// Fields of one message that are counted, most.
const COUNTED_MAX: usize = 2;

impl Shape {
    /// The shape of this message, where it has one to keep: the messages that strangers may send.
    pub(super) fn of<U: 'static>() -> Option<&'static Self> {
        let shapes = [
            (TypeId::of::<CastBallotRequest>(), &CAST_BALLOT),
            (TypeId::of::<CastBallotsRequest>(), &CAST_BALLOTS),
            (TypeId::of::<StreamBallotsRequest>(), &STREAM_BALLOTS),
            (TypeId::of::<GetParticipationRequest>(), &GET_PARTICIPATION),
            (TypeId::of::<ListEligiblePollsRequest>(), &LIST_ELIGIBLE_POLLS),
        ];
        shapes.into_iter().find(|(id, _)| *id == TypeId::of::<U>()).map(|(_, shape)| shape)
    }

    /// Whether a message keeps its bounds.
    ///
    /// # Errors
    /// [`Reason::BatchTooLarge`] for too many ballots, [`Reason::MessageMalformed`] for too
    /// many of anything else or what is not even tags and lengths.
    pub(super) fn check(&self, mut message: &[u8]) -> Result<(), Reason> {
        let (mut counts, mut others) = ([0_usize; COUNTED_MAX], 0_usize);
        while !message.is_empty() {
            // As the decoder reads them, so that both see the same fields.
            let (number, wire) = decode_key(&mut message).map_err(malformed)?;
            let value = value(wire, &mut message)?;
            let counted = self.0.iter().zip(&mut counts).find(|(field, _)| field.number == number);
            let Some((field, count)) = counted else {
                others += 1;
                if others > WIRE_FIELDS_MAX {
                    return Err(Reason::MessageMalformed);
                }
                continue;
            };
            *count += field.holds.times(wire, value)?;
            if *count > field.most {
                return Err(field.surplus);
            }
            if let Holds::Message(inner) = &field.holds {
                // As deep as the shapes are nested, whatever the message says.
                inner.check(value)?;
            }
        }
        Ok(())
    }
}

impl Holds {
    /// How many values of a field stand in one place.
    fn times(&self, wire: WireType, value: &[u8]) -> Result<usize, Reason> {
        match (self, wire) {
            // Packed: each number ends with the byte that has no continuation bit.
            (Self::Numbers, WireType::LengthDelimited) => {
                Ok(value.iter().filter(|byte| **byte < 0x80).count())
            }
            (Self::Numbers, WireType::Varint)
            | (Self::Message(_) | Self::Text, WireType::LengthDelimited) => Ok(1),
            _ => Err(Reason::MessageMalformed),
        }
    }
}

/// Takes a field's value off the message; the bytes of one that has a length.
fn value<'m>(wire: WireType, message: &mut &'m [u8]) -> Result<&'m [u8], Reason> {
    let length = match wire {
        WireType::Varint => {
            decode_varint(message).map_err(malformed)?;
            return Ok(&[]);
        }
        WireType::SixtyFourBit => 8,
        WireType::ThirtyTwoBit => 4,
        WireType::LengthDelimited => {
            usize::try_from(decode_varint(message).map_err(malformed)?).map_err(malformed)?
        }
        // Groups: not in this version of the language, and the only fields without a length.
        WireType::StartGroup | WireType::EndGroup => return Err(Reason::MessageMalformed),
    };
    let value = message.get(..length).ok_or(Reason::MessageMalformed)?;
    message.advance(length);
    Ok(value)
}

fn malformed<E>(_: E) -> Reason {
    Reason::MessageMalformed
}

#[cfg(test)]
mod tests;
