//! A city of which every walk wants to know more, and the Overpass servers that are asked.

use std::time::Duration;

use wildside_test_support::{FakeOverpass, OverpassFault};

use crate::stage::fleet::Fleet;
use crate::stage::process::until;
use crate::stage::report::Report;
use crate::stage::scene::Scene;

/// Key under which the workers keep how the servers fared.
const STATE: &str = "wildside:{overpass}:state";

/// People who ask for walks there, and a worker that asks the mirrors in order.
pub struct Sparse {
    pub scene: Scene,
    pub mirrors: Vec<FakeOverpass>,
}

impl Sparse {
    /// So many themes want places, each in one square of the map; a mirror for each of the faults.
    pub async fn start(themes: usize, faults: &[OverpassFault]) -> Self {
        let fleet = Fleet::start();
        fleet.sql(&format!(
            "DELETE FROM interest_themes WHERE id NOT IN ( \
                 SELECT id FROM interest_themes LEFT JOIN poi_interest_themes ON id = theme_id \
                 GROUP BY id ORDER BY count(theme_id) DESC, id LIMIT {themes})"
        ));
        let mirror = |fault: &OverpassFault| {
            let mirror = FakeOverpass::empty();
            mirror.set(fault.clone());
            mirror
        };
        let mirrors: Vec<FakeOverpass> = faults.iter().map(mirror).collect();
        let urls: Vec<String> = mirrors.iter().map(FakeOverpass::url).collect();
        let more = [
            ("OVERPASS_URL", urls.join(",")),
            ("ENRICHMENT_MIN_PLACES", "1000".to_owned()),
        ];
        let more = more.each_ref().map(|(name, value)| (*name, value.as_str()));
        let servers = fleet.servers(1).await;
        let workers = vec![fleet.worker_with_engine("20", &more).await];
        Self {
            scene: Scene::of(fleet, servers, workers, 5.0).await,
            mirrors,
        }
    }

    /// From now on all mirrors do this wrong.
    pub fn set(&self, fault: &OverpassFault) {
        self.mirrors
            .iter()
            .for_each(|mirror| mirror.set(fault.clone()));
    }

    /// Count of the requests that each mirror has had.
    pub fn asked(&self) -> Vec<usize> {
        let count = |mirror: &FakeOverpass| mirror.requests().len();
        self.mirrors.iter().map(count).collect()
    }

    /// Waits until every square has an answer or was given up; what is noted of them, as `status/cause`.
    pub async fn ends(&self, patience: Duration) -> String {
        let open = "SELECT count(*) FILTER (WHERE status <> 'requested') > 0 \
             AND count(*) FILTER (WHERE status = 'requested') = 0 FROM enrichments";
        until("every square has ended", patience, async || {
            self.scene.fleet.sql(open) == "t"
        })
        .await;
        self.scene.fleet.sql(
            "SELECT string_agg(DISTINCT concat_ws('/', status, error_code), ',') FROM enrichments",
        )
    }

    /// Has the squares looked into once more by the next walk, while all mirrors do this wrong; how that ended.
    pub async fn again(&self, fault: &OverpassFault, patience: Duration) -> String {
        self.set(fault);
        self.scene.fleet.sql("DELETE FROM enrichments");
        self.ends(patience).await
    }

    /// Forgets that the servers have failed.
    pub fn close_circuit(&self) {
        self.scene.fleet.redis.command(&["DEL", STATE]);
    }

    /// Knowledge of the city: places, and how often that has changed.
    pub fn known(&self) -> String {
        self.scene
            .fleet
            .sql("SELECT (SELECT count(*) FROM pois), (SELECT sum(generation) FROM areas)")
    }

    /// No walk was lost, refused or slow for it.
    pub async fn settle(self) -> Report {
        self.scene.goes_on(5).await;
        self.scene.settle().await.all_complete().none_refused()
    }
}
