//! Compiles the API in proto/ without needing protoc.

use std::path::PathBuf;

/// The folder of the API, from this crate's.
const PROTO: &str = "../../proto";

const FILES: [&str; 10] = [
    "holos/v1/audit.proto",
    "holos/v1/ballots.proto",
    "holos/v1/custody.proto",
    "holos/v1/feed.proto",
    "holos/v1/incidents.proto",
    "holos/v1/polls.proto",
    "holos/v1/requests.proto",
    "holos/v1/results.proto",
    "holos/v1/staff.proto",
    "holos/v1/subjects.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed={PROTO}");
    let descriptors = protox::compile(FILES, [PROTO])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    // Reflection serves these, with the comments stripped.
    std::fs::write(out.join("holos.v1.bin"), protox::prost::Message::encode_to_vec(&descriptors))?;
    tonic_prost_build::configure()
        .codec_path("crate::Codec")
        // Subjects are taken out of the message's buffer without a copy.
        .bytes(".holos.v1.VouchedVoter")
        .bytes(".holos.v1.Results.publication")
        // A ballot holds a person and a choice: nothing of it may be printed.
        .skip_debug([
            ".holos.v1.Ballot",
            ".holos.v1.VouchedVoter",
            ".holos.v1.StatedClaims",
            ".holos.v1.Asker",
            ".holos.v1.Asker.credential",
            ".holos.v1.GetParticipationRequest",
            ".holos.v1.GetParticipationResponse",
            ".holos.v1.ListEligiblePollsRequest",
            ".holos.v1.ListEligiblePollsResponse",
            ".holos.v1.Answer",
            ".holos.v1.Ballot.credential",
            ".holos.v1.CastBallotRequest",
            ".holos.v1.CastBallotsRequest",
            ".holos.v1.StreamBallotsRequest",
        ])
        .compile_fds(descriptors)?;
    Ok(())
}
