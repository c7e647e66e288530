//! A call that is repeated under its key: ten times around a restart, and a day later.

use std::fmt::Debug;

use chrono::TimeDelta;
use futures_util::future::join_all;
use kassa_client::{Answer, Error};
use kassa_integration_tests::Shop;

/// Sends a call five times at once, and as often after a restart: one is done, and all are answered the same.
/// `send` takes another client each time: one client would send the same request once by itself.
pub async fn ten_times<C, A>(shop: &mut Shop, send: impl Fn(&Shop) -> C) -> A
where
    C: IntoFuture<Output = Result<Answer<A>, Error>>,
    A: Debug + PartialEq,
{
    let five = async |shop: &Shop| join_all((0..5).map(|_| send(shop).into_future())).await;
    let mut answers = five(shop).await;
    shop.restart().await;
    answers.extend(five(shop).await);
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| !answer.replayed()).count(), 1, "it was done once");
    let mut told: Vec<_> = answers.into_iter().map(Answer::into_inner).collect();
    told.dedup();
    assert_eq!(told.len(), 1, "ten equal answers: {told:?}");
    told.remove(0)
}

/// Sends it once more when the stored answer has expired and a start has cleared it: the answer is made anew
/// from the document.
pub async fn a_day_later<C, A>(shop: &mut Shop, send: impl Fn(&Shop) -> C) -> A
where
    C: IntoFuture<Output = Result<Answer<A>, Error>>,
{
    shop.clock.advance(TimeDelta::hours(25));
    shop.restart().await;
    let again = send(shop).await.unwrap();
    assert!(again.replayed(), "it was done once more");
    again.into_inner()
}
