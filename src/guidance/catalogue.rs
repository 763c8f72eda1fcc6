//! The catalogues, one for each language, read once.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentError, FluentResource};

use super::Language;

type Catalogue = FluentBundle<FluentResource>;

static CATALOGUES: LazyLock<[Catalogue; 5]> = LazyLock::new(|| Language::ALL.map(read));

/// The message of a language's catalogue.
pub(super) fn sentence(language: Language, message: &str, args: &FluentArgs<'_>) -> String {
    let mut errors = Vec::new();
    let sentence = format(language, message, args, &mut errors);
    if !errors.is_empty() {
        tracing::warn!(
            language = language.tag(),
            message,
            ?errors,
            "sentence is not whole"
        );
    }
    sentence
}

fn format(
    language: Language,
    message: &str,
    args: &FluentArgs<'_>,
    errors: &mut Vec<FluentError>,
) -> String {
    let catalogue = &CATALOGUES[language as usize];
    let pattern = catalogue.get_message(message).and_then(|it| it.value());
    pattern.map_or_else(String::new, |pattern| {
        catalogue
            .format_pattern(pattern, Some(args), errors)
            .into_owned()
    })
}

const fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("en.ftl"),
        Language::German => include_str!("de.ftl"),
        Language::French => include_str!("fr.ftl"),
        Language::Spanish => include_str!("es.ftl"),
        Language::Finnish => include_str!("fi.ftl"),
    }
}

fn read(language: Language) -> Catalogue {
    // What can't be read is left out of the resource, which a test sees to.
    let resource = FluentResource::try_new(source(language).to_owned())
        .unwrap_or_else(|(resource, _)| resource);
    let mut catalogue = Catalogue::new_concurrent(language.tag().parse().into_iter().collect());
    // The sentences are plain text: no marks around what is filled in.
    catalogue.set_use_isolating(false);
    catalogue.add_resource_overriding(resource);
    catalogue
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: [&str; 12] = [
        "depart",
        "continue",
        "slight-left",
        "left",
        "sharp-left",
        "slight-right",
        "right",
        "sharp-right",
        "u-turn",
        "arrive",
        "finish",
        "return",
    ];

    const FILLED_IN: [[&str; 3]; 4] = [
        ["yes", "path", "n"],
        ["no", "road", "unknown"],
        ["stay", "steps", "sw"],
        ["no", "other", "e"],
    ];

    fn args([named, way, compass]: [&'static str; 3]) -> FluentArgs<'static> {
        [
            ("named", named),
            ("way", way),
            ("compass", compass),
            ("street", "X"),
            ("place", "Y"),
            ("metres", "7"),
        ]
        .into_iter()
        .collect()
    }

    #[test]
    fn every_catalogue_has_every_sentence_whatever_is_filled_in() {
        for language in Language::ALL {
            let resource = FluentResource::try_new(source(language).to_owned());
            assert!(resource.is_ok(), "{language:?}");
            for message in MESSAGES {
                for filled_in in FILLED_IN {
                    let mut errors = Vec::new();
                    let text = format(language, message, &args(filled_in), &mut errors);
                    assert!(errors.is_empty(), "{language:?} {message}: {errors:?}");
                    let is_whole = text.ends_with('.') && !text.contains("  ");
                    assert!(is_whole && !text.contains('{'), "{language:?}: {text}");
                }
            }
        }
    }
}
