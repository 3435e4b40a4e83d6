//! The language that a request asks for, known to whatever answers it, by HTTP or gRPC.
//!
//! Travels with the task that answers, so that an error made anywhere below says it in that language
//! without every function between being given one. Pages do not use it: their address names theirs.

use std::task::{Context, Poll};

use holos_reasons::Language;
use http::{Request, header};
use tokio::task::futures::TaskLocalFuture;
use tower::{Layer, Service};

tokio::task_local! {
    static ASKED: Language;
}

/// The language in which to answer the request under way: Ukrainian, unless it prefers English.
pub fn asked_language() -> Language {
    ASKED.try_with(|language| *language).unwrap_or(Language::Ukrainian)
}

/// What goes on in a task of its own, in the language of the request that starts it.
pub fn in_asked_language<F: Future>(work: F) -> TaskLocalFuture<Language, F> {
    ASKED.scope(asked_language(), work)
}

/// Lets a service know the language of each request.
#[derive(Clone)]
pub struct KnowLanguage;

impl<S> Layer<S> for KnowLanguage {
    type Service = InLanguage<S>;

    fn layer(&self, inner: S) -> InLanguage<S> {
        InLanguage(inner)
    }
}

/// A service that knows the language of each request.
#[derive(Clone)]
pub struct InLanguage<S>(S);

impl<S, B> Service<Request<B>> for InLanguage<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = TaskLocalFuture<Language, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let asked = request.headers().get(header::ACCEPT_LANGUAGE);
        let language = Language::preferred(asked.and_then(|value| value.to_str().ok()));
        ASKED.scope(language, self.0.call(request))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    async fn answer(asked: Option<&str>) -> [Language; 2] {
        let mut service = KnowLanguage.layer(tower::service_fn(async |_: Request<()>| {
            let later = tokio::spawn(in_asked_language(async { asked_language() }));
            Ok::<_, Infallible>([asked_language(), later.await.unwrap()])
        }));
        let request = Request::builder();
        let request = match asked {
            Some(asked) => request.header(header::ACCEPT_LANGUAGE, asked),
            None => request,
        };
        service.call(request.body(()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn whatever_answers_a_request_knows_its_language() {
        assert_eq!(answer(Some("en-GB,en;q=0.9")).await, [Language::English; 2]);
        assert_eq!(answer(Some("uk, en;q=0.5")).await, [Language::Ukrainian; 2]);
        assert_eq!(answer(None).await, [Language::Ukrainian; 2]);
        assert_eq!(asked_language(), Language::Ukrainian, "outside of any request");
    }
}
