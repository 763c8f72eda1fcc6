use std::future::poll_fn;

use tokio_postgres::types::{FromSqlOwned, ToSql};
use tokio_postgres::{AsyncMessage, Client, NoTls};
use wildside_test_support::TestDatabase;

/// A database of its own for one test, and a connection to it.
pub(crate) struct Database {
    pub(crate) server: TestDatabase,
    pub(crate) client: Client,
}

impl Database {
    pub(crate) async fn create() -> Self {
        let server = TestDatabase::create();
        let client = connect(&server.url()).await;
        Self { server, client }
    }

    /// The plans of a statement and of all statements of the functions it calls, as they were run.
    pub(crate) async fn plans(&self, sql: &str) -> String {
        let (client, mut connection) = tokio_postgres::connect(&self.server.url(), NoTls)
            .await
            .unwrap();
        let notices = tokio::spawn(async move {
            let mut plans = String::new();
            while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await
            {
                if let AsyncMessage::Notice(notice) = message {
                    plans += notice.message();
                }
            }
            plans
        });
        let settings = "
            LOAD 'auto_explain';
            SET auto_explain.log_level = notice;
            SET auto_explain.log_min_duration = 0;
            SET auto_explain.log_nested_statements = on;";
        client.batch_execute(settings).await.unwrap();
        client.batch_execute(sql).await.unwrap();
        drop(client);
        notices.await.unwrap()
    }

    /// The first column of the only row.
    pub(crate) async fn value<T: FromSqlOwned>(
        &self,
        sql: &str,
        arguments: &[&(dyn ToSql + Sync)],
    ) -> T {
        self.client.query_one(sql, arguments).await.unwrap().get(0)
    }
}

pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
