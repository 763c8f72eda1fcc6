//! Sentences of turn-by-turn guidance in five languages, from catalogues in Project Fluent's format.

mod catalogue;
mod language;

use fluent_bundle::FluentArgs;
use wildside_engine::network::WayClass;
use wildside_engine::walk::{Maneuver, Step};

use catalogue::sentence;
pub use language::Language;

/// The instruction of a step. `before` is the one that leads to it.
pub fn instruction(language: Language, step: &Step, before: Option<&Step>) -> String {
    let street = step.street.as_deref();
    let stays = street.is_some() && before.is_some_and(|before| before.street == step.street);
    let mut args = FluentArgs::new();
    args.set(
        "named",
        match street {
            None => "no",
            Some(_) if stays => "stay",
            Some(_) => "yes",
        },
    );
    args.set("street", street.unwrap_or_default());
    args.set("way", way(step.way));
    args.set("compass", step.bearing_after.map_or("unknown", compass));
    sentence(language, message(step.maneuver), &args)
}

/// The sentence at a stop.
pub fn arrival(language: Language, place: Option<&str>) -> String {
    let mut args = FluentArgs::new();
    args.set("named", if place.is_some() { "yes" } else { "no" });
    args.set("place", place.unwrap_or_default());
    sentence(language, "arrive", &args)
}

/// The sentence at the end of a walk.
pub fn finish(language: Language) -> String {
    sentence(language, "finish", &FluentArgs::new())
}

/// The sentence for somebody who has left the walk, which is so many metres away in the direction of a bearing.
pub fn way_back(language: Language, metres: f64, bearing: u16) -> String {
    let mut args = FluentArgs::new();
    args.set("metres", metres.round().to_string());
    args.set("compass", compass(bearing));
    sentence(language, "return", &args)
}

/// Message of the catalogues for a manoeuvre.
const fn message(maneuver: Maneuver) -> &'static str {
    match maneuver {
        Maneuver::Depart => "depart",
        Maneuver::Continue => "continue",
        Maneuver::SlightLeft => "slight-left",
        Maneuver::Left => "left",
        Maneuver::SharpLeft => "sharp-left",
        Maneuver::SlightRight => "slight-right",
        Maneuver::Right => "right",
        Maneuver::SharpRight => "sharp-right",
        Maneuver::UTurn => "u-turn",
    }
}

/// Kind of a way in the catalogues, which call all roads alike.
const fn way(class: WayClass) -> &'static str {
    match class {
        WayClass::LivingStreet
        | WayClass::Residential
        | WayClass::Tertiary
        | WayClass::Secondary
        | WayClass::Primary => "road",
        class => class.as_str(),
    }
}

/// The nearest of eight compass directions.
fn compass(bearing: u16) -> &'static str {
    const DIRECTIONS: [&str; 8] = ["n", "ne", "e", "se", "s", "sw", "w", "nw"];
    DIRECTIONS[usize::from((bearing + 22) / 45) % DIRECTIONS.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(maneuver: Maneuver, street: Option<&str>, way: WayClass) -> Step {
        Step {
            maneuver,
            street: street.map(str::to_owned),
            way,
            distance_metres: 80.0,
            duration_seconds: 60,
            bearing_before: None,
            bearing_after: Some(350),
            path_start: 0,
        }
    }

    #[test]
    fn each_language_has_sentences_of_its_own() {
        let depart = step(Maneuver::Depart, Some("Esplanadi"), WayClass::Pedestrian);
        let stairs = step(Maneuver::SharpRight, None, WayClass::Steps);
        let corner = step(Maneuver::Left, Some("Esplanadi"), WayClass::Pedestrian);
        let told = |language| {
            [
                instruction(language, &depart, None),
                instruction(language, &stairs, Some(&depart)),
                instruction(language, &corner, Some(&depart)),
                way_back(language, 84.6, 130),
            ]
        };
        let expected = [
            [
                "Head north along Esplanadi.",
                "Turn sharply right onto the stairs.",
                "Turn left to stay on Esplanadi.",
                "You have left the walk. Turn round: it is 85 m to the south-east.",
            ],
            [
                "Gehen Sie auf Esplanadi nach Norden.",
                "Biegen Sie scharf rechts auf die Treppe ab.",
                "Biegen Sie links ab und bleiben Sie auf Esplanadi.",
                "Sie haben den Weg verlassen. Kehren Sie um: Er liegt 85 m in Richtung Südosten.",
            ],
            [
                "Partez vers le nord sur Esplanadi.",
                "Tournez franchement à droite dans l’escalier.",
                "Tournez à gauche en restant sur Esplanadi.",
                "Vous avez quitté la promenade. Faites demi-tour : elle est à 85 m vers le sud-est.",
            ],
            [
                "Salga hacia el norte por Esplanadi.",
                "Gire cerrado a la derecha por las escaleras.",
                "Gire a la izquierda para seguir por Esplanadi.",
                "Se ha salido del paseo. Dé la vuelta: está a 85 m hacia el sureste.",
            ],
            [
                "Lähde pohjoiseen katua Esplanadi pitkin.",
                "Käänny jyrkästi oikealle portaille.",
                "Käänny vasemmalle ja pysy kadulla Esplanadi.",
                "Olet poistunut reitiltä. Käänny ympäri: reitti on 85 metrin päässä kaakossa.",
            ],
        ];
        assert_eq!(Language::ALL.map(told), expected);
    }

    #[test]
    fn the_eight_directions_go_round_the_compass() {
        let told = [0, 22, 23, 90, 180, 247, 315, 338, 359].map(compass);
        assert_eq!(told, ["n", "n", "ne", "e", "s", "sw", "nw", "n", "n"]);
    }

    #[test]
    fn names_are_told_as_they_are() {
        let odd = step(
            Maneuver::Continue,
            Some("{ $way } «A&B» \u{5e9}"),
            WayClass::Path,
        );
        assert_eq!(
            instruction(Language::English, &odd, None),
            "Continue straight onto { $way } «A&B» \u{5e9}."
        );
    }
}
