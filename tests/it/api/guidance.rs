//! Instructions of walks in the language of their walkers.

use futures::SinkExt;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use crate::api::app::{Answer, Client, TestApp};
use crate::api::city;
use crate::api::websocket::{Socket, frame, socket_in, socket_of};

/// Asks for a walk or a part of it in the languages of a header.
async fn get(client: &mut Client, path: &str, languages: &str) -> Answer {
    let header = [("accept-language", languages)];
    client.send(Method::GET, path, None, &header).await
}

#[actix_web::test]
async fn instructions_are_told_in_the_language_asked_for() {
    let app = TestApp::spawn();
    city::load(&app);
    let mut ada = app.user("ada").await;
    let route = city::walk(&app, &mut ada).await;
    let path = format!("/api/v1/routes/{route}");
    let told = [
        ("", "", "en", "Set out along Rue «A&B»."),
        (
            "",
            "sv, de-CH;q=0.8, fr;q=0.9",
            "fr",
            "Partez sur Rue «A&B».",
        ),
        ("?language=fi", "de", "fi", "Lähde katua Rue «A&B» pitkin."),
        (
            "?language=tlh",
            "de-AT",
            "de",
            "Gehen Sie auf Rue «A&B» los.",
        ),
        ("?language=es-MX", "", "es", "Salga por Rue «A&B»."),
    ];
    for (query, header, language, sentence) in told {
        let answer = get(&mut ada, &format!("{path}{query}"), header).await;
        let step = &answer.json()["details"]["legs"][0]["steps"][0];
        assert_eq!(step["instruction"], sentence);
        assert_eq!(answer.header("content-language"), language);
        assert!(answer.header("vary").contains("accept-language"));
    }
}

#[actix_web::test]
async fn exports_have_the_instructions_and_their_places() {
    let app = TestApp::spawn();
    city::load(&app);
    let mut ada = app.user("ada").await;
    let route = city::walk(&app, &mut ada).await;
    let path = format!("/api/v1/routes/{route}.gpx?language=de");
    let gpx = get(&mut ada, &path, "en").await;
    assert_eq!(gpx.header("content-language"), "de");
    let (_, turn_by_turn) = gpx.text.rsplit_once("<rte>").unwrap();
    let (turn_by_turn, _) = turn_by_turn.split_once("</rte>").unwrap();
    let texts: Vec<&str> = turn_by_turn
        .split("<desc>")
        .skip(1)
        .map(|rest| rest.split("</desc>").next().unwrap())
        .collect();
    let depart = "Gehen Sie auf Rue «A&amp;B» los.";
    let expected = [
        depart,
        "Halt: Café &lt;Zoë&gt; &amp; Söhne.",
        depart,
        "Halt: 展望台.",
        depart,
        "Hier endet der Spaziergang.",
    ];
    assert_eq!(texts, expected);
    assert!(turn_by_turn.contains("<rtept lat=\"43.73\" lon=\"7.421\"><name>1</name>"));

    let path = format!("/api/v1/routes/{route}.geojson");
    let collection = get(&mut ada, &path, "en").await.json();
    let features: Vec<&Value> = collection["features"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|feature| feature["properties"]["kind"] == "instruction")
        .collect();
    assert_eq!(features.len(), expected.len());
    assert_eq!(features[0]["properties"]["maneuver"], "depart");
    assert_eq!(
        features[0]["properties"]["instruction"],
        "Set out along Rue «A&B»."
    );
    assert_eq!(
        features[1]["properties"]["instruction"],
        "Stop at Café <Zoë> & Söhne."
    );
    assert_eq!(
        features[1]["geometry"]["coordinates"],
        json!([7.421, 43.73])
    );
    assert_eq!(features[1]["id"], "instruction/2");
}

#[actix_web::test]
async fn walkers_are_told_what_comes_next_and_the_way_back() {
    let app = TestApp::spawn();
    city::load(&app);
    let mut ada = app.user("ada").await;
    let route = city::walk(&app, &mut ada).await;
    let mut english = socket_of(&app, &ada).await;
    let mut german = socket_in(&app, &ada, "de").await;
    let next = next_instruction(&mut english, route, [7.4205, 43.73]).await;
    assert_eq!(next["maneuver"], "arrive");
    assert_eq!(next["text"], "Stop at Café <Zoë> & Söhne.");
    assert!(
        (next["metres"].as_f64().unwrap() - 40.2).abs() < 1.0,
        "{next}"
    );
    let back = next_instruction(&mut german, route, [7.4205, 43.731]).await;
    assert_eq!(
        (&back["maneuver"], &back["bearing"]),
        (&json!("return"), &json!(180))
    );
    assert_eq!(
        back["text"],
        "Sie haben den Weg verlassen. Kehren Sie um: Er liegt 111 m in Richtung Süden."
    );
}

/// What a walker at a position is told.
async fn next_instruction(socket: &mut Socket, route: Uuid, at: [f64; 2]) -> Value {
    assert_eq!(frame(socket).await["status"], "complete");
    let here = json!({"type": "update_location", "route_id": route, "location": {"type": "Point", "coordinates": at}});
    socket.send(Message::text(here.to_string())).await.unwrap();
    frame(socket).await["next_instruction"].clone()
}

#[actix_web::test]
async fn places_have_their_names_in_the_language_asked_for() {
    let app = TestApp::spawn();
    city::load(&app);
    app.database.sql(
        "UPDATE pois SET osm_tags = osm_tags || \
         '{\"name:en\": \"Lookout\", \"name:sv\": \"Utsikt\", \"name:zh-Hant\": \"觀景台\", \"name:fr\": \"\"}' WHERE id = 22",
    );
    let mut ada = app.user("ada").await;
    let route = city::walk(&app, &mut ada).await;
    let own = "展望台";
    for (query, header, name) in [
        ("", "", own),
        ("", "*", own),
        ("", "en-GB, sv;q=0.9", "Lookout"),
        ("", "en;q=0.5, sv", "Utsikt"),
        ("language=zh-Hant", "en", "觀景台"),
        ("language=zh", "en", own),
        // Who reads German reads the name on the spot, not the English one.
        ("language=de", "en", own),
        ("language=fr", "", own),
        ("language=sv", "en", "Utsikt"),
    ] {
        let walk = get(&mut ada, &format!("/api/v1/routes/{route}?{query}"), header).await;
        assert_eq!(walk.json()["pois"][1]["name"], name, "{query} {header}");
        let place = get(&mut ada, &format!("/api/v1/pois/22?{query}"), header).await;
        assert_eq!(place.json()["name"], name, "{query} {header}");
        assert!(place.header("vary").contains("accept-language"));
        let path = format!("/api/v1/pois?bbox=7.4215,43.729,7.4225,43.731&{query}");
        let places = get(&mut ada, &path, header).await;
        assert_eq!(places.json()[0]["name"], name, "{query} {header}");
        assert!(places.header("vary").contains("accept-language"));
        let gpx = get(
            &mut ada,
            &format!("/api/v1/routes/{route}.gpx?{query}"),
            header,
        )
        .await;
        assert!(
            gpx.text.contains(&format!("{name}</name>")),
            "{query} {header}"
        );
        let geojson = format!("/api/v1/routes/{route}.geojson?{query}");
        let geojson = get(&mut ada, &geojson, header).await;
        assert!(
            geojson.text.contains(&format!("\"name\":\"{name}\"")),
            "{}",
            geojson.text
        );
    }
    let mut swedish = socket_in(&app, &ada, "sv").await;
    let next = next_instruction(&mut swedish, route, [7.4217, 43.73]).await;
    assert_eq!(next["text"], "Stop at Utsikt.");
    let mut here = socket_of(&app, &ada).await;
    let next = next_instruction(&mut here, route, [7.4217, 43.73]).await;
    assert_eq!(next["text"], "Stop at 展望台.");
}
