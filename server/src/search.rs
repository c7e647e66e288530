//! Searches: several ways to find a row, the best first.

use std::collections::BTreeSet;

use sea_orm::{
    EntityTrait, FromQueryResult, QuerySelect, Select,
    sea_query::{Expr, ExprTrait as _, IntoColumnRef, LikeExpr},
};
use uuid::Uuid;

use crate::{error::Error, page::Page, readings::Reading};

/// What each search finds, in the order of the searches and each row once; and whether there is more
/// than fits the page.
///
/// # Errors
/// What the database says.
pub async fn ranked<E, M, K>(
    database: &Reading,
    page: &Page,
    searches: Vec<(K, Select<E>)>,
    id: impl Fn(&M) -> Uuid,
) -> Result<(Vec<(K, M)>, bool), Error>
where
    E: EntityTrait<Model = M>,
    M: FromQueryResult + Send + Sync,
    K: Copy,
{
    let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (kind, select) in searches {
        if found.len() >= limit {
            break;
        }
        for row in select.limit(page.limit()).all(database).await? {
            if seen.insert(id(&row)) {
                found.push((kind, row));
            }
        }
    }
    let truncated = found.len() >= limit;
    found.truncate(limit.saturating_sub(1));
    Ok((found, truncated))
}

/// `column LIKE '%text%'`, with the text's own wildcards meaning themselves.
pub fn contains(column: impl IntoColumnRef, text: &str) -> Expr {
    like(column, format!("%{}%", escaped(text)))
}

/// The same at the end.
pub fn ends_with(column: impl IntoColumnRef, text: &str) -> Expr {
    like(column, format!("%{}", escaped(text)))
}

fn like(column: impl IntoColumnRef, pattern: String) -> Expr {
    Expr::col(column).like(LikeExpr::new(pattern).escape('\\'))
}

fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}
