//! Orders that an organiser hands in for another body, under that body's signature.

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{EncodePrivateKey, EncodePublicKey};
use holos::poll::Order;
use holos::staff::body_key::sign_detached;
use holos_wire::proto::{self, PollPhase};
use tonic::{Code, Status};

use super::{Post, World, reason, reason_of, timed};

const KEY_ID: &str = "rada-1";

/// A body's key pair.
fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn sign(key: &SigningKey, kid: &str, order: &Order) -> String {
    let pem = key.to_pkcs8_pem(LineEnding::LF).unwrap();
    sign_detached(&pem, kid, &order.canonical_json()).unwrap()
}

/// An order of the body that [`Post::Stranger`] belongs to.
fn foreign(world: &World, reference: &str) -> Order {
    let mut order = timed(reference, world.after_minutes(60), world.after_minutes(120));
    order.initiator.code = Post::Stranger.body().to_owned();
    order.initiator.name = "Рада".to_owned();
    order
}

async fn trust(world: &mut World, key: &SigningKey) {
    let request = proto::RegisterBodyKeyRequest {
        key: Some(proto::BodyKey {
            body_code: Post::Stranger.body().to_owned(),
            key_id: KEY_ID.to_owned(),
            public_key_pem: key.verifying_key().to_public_key_pem(LineEnding::LF).unwrap(),
            ..Default::default()
        }),
    };
    let request = world.staff.by(Post::Operator, request);
    world.staff.desk.register_body_key(request).await.unwrap();
}

async fn hand_in(
    world: &mut World,
    post: Post,
    order: &Order,
    jws: &str,
) -> Result<proto::Poll, Status> {
    let request = proto::SubmitOrderRequest {
        order: Some(order.into()),
        jws: jws.to_owned(),
        state_signature: b"a state signature file".to_vec(),
        ..Default::default()
    };
    world.submit(post, request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organiser_hands_in_an_order_that_its_body_has_signed() {
    let mut world = World::new().await;
    let key = key(7);
    trust(&mut world, &key).await;
    let order = foreign(&world, "signed");
    let jws = sign(&key, KEY_ID, &order);
    let filed = hand_in(&mut world, Post::Organiser, &order, &jws).await.unwrap();
    assert_eq!(filed.phase(), PollPhase::Filed);
    let (id, hash) = (filed.id, filed.order_hash);
    assert_eq!(reason(world.approve(Post::Organiser, &id, &hash).await), "SAME_PERSON");
    world.approve(Post::SecondOrganiser, &id, &hash).await.unwrap();

    world = world.again().await;
    let request = proto::GetOrderHistoryRequest { poll_id: id };
    // The body reads what was handed in for it.
    let request = world.staff.by(Post::Stranger, request);
    let history = world.staff.polls.get_order_history(request).await.unwrap().into_inner();
    let [revision] = &history.revisions[..] else { panic!("one revision") };
    assert_eq!(revision.order_json.as_bytes(), order.canonical_json());
    assert_eq!((revision.jws.as_str(), revision.key_id.as_str()), (jws.as_str(), KEY_ID));
    assert_eq!(revision.state_signature, b"a state signature file");
    let entry = world.entries("order_filed").await.pop().unwrap();
    assert!(entry.line.contains(KEY_ID), "{}", entry.line);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_another_body_without_its_signature_is_refused() {
    let mut world = World::new().await;
    let key = key(7);
    trust(&mut world, &key).await;
    let order = foreign(&world, "unsigned");
    let jws = sign(&key, KEY_ID, &order);
    let mut altered = order.clone();
    altered.title.en = "Something else?".to_owned();
    let cases = [
        (Post::Organiser, &order, String::new(), "ORDER_SIGNATURE_MISSING"),
        (Post::Organiser, &altered, jws.clone(), "ORDER_SIGNATURE"),
        (Post::Organiser, &order, sign(&self::key(8), KEY_ID, &order), "ORDER_SIGNATURE"),
        (Post::Organiser, &order, sign(&key, "rada-2", &order), "ORDER_KEY_UNKNOWN"),
        (Post::Organiser, &order, "not a signature".to_owned(), "ORDER_SIGNATURE"),
        // An initiator speaks for its own body, whatever it shows.
        (Post::Initiator, &order, String::new(), "BODY_FOREIGN"),
        (Post::Initiator, &order, jws.clone(), "BODY_FOREIGN"),
    ];
    for (post, order, jws, wanted) in cases {
        let status = hand_in(&mut world, post, order, &jws).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{wanted}");
        assert_eq!(reason_of(&status), wanted, "{post:?}");
    }
    hand_in(&mut world, Post::Organiser, &order, &jws).await.unwrap();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_signs_no_more_and_what_it_signed_stays() {
    let mut world = World::new().await;
    let key = key(7);
    trust(&mut world, &key).await;
    let (first, second) = (foreign(&world, "first"), foreign(&world, "second"));
    let jws = sign(&key, KEY_ID, &first);
    let filed = hand_in(&mut world, Post::Organiser, &first, &jws).await.unwrap();
    let request = proto::RevokeBodyKeyRequest {
        body_code: Post::Stranger.body().to_owned(),
        key_id: KEY_ID.to_owned(),
        reason: "COMPROMISED".to_owned(),
        reference: "act 4".to_owned(),
    };
    let request = world.staff.by(Post::Operator, request);
    world.staff.desk.revoke_body_key(request).await.unwrap();
    for _ in 0..2 {
        let jws = sign(&key, KEY_ID, &second);
        let answer = hand_in(&mut world, Post::Organiser, &second, &jws).await;
        assert_eq!(reason(answer), "ORDER_KEY_UNKNOWN");
        world = world.again().await;
    }
    world.approve(Post::SecondOrganiser, &filed.id, &filed.order_hash).await.unwrap();
    world.end().await;
}
