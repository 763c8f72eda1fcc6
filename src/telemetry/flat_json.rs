//! Logs for machines. Not `json-subscriber`'s: flattened, it writes a name twice that an event and a span of it both have.

use std::fmt;
use std::io::Write;

use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

/// One flat object a line: the fields of the event, and those of all its spans, so that every line has the `trace_id`
/// of its request at the top level. An inner span's field wins over an outer one's, the event's over both.
///
/// The formatter of `tracing-subscriber` keeps a span's fields as text, which would have to be parsed again for each
/// line; here they stay values.
#[derive(Debug)]
pub(super) struct FlatJson<W> {
    writer: W,
}

impl<W> FlatJson<W> {
    pub(super) const fn new(writer: W) -> Self {
        Self { writer }
    }
}

impl<S, W> Layer<S> for FlatJson<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            record.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Vec::with_capacity(512);
        if write_line(&mut line, event, context.event_scope(event)).is_ok() {
            line.push(b'\n');
            let mut writer = self.writer.make_writer_for(event.metadata());
            // A log that can't be written, such as on a full disk, must not stop the work.
            drop(writer.write_all(&line));
        }
    }
}

fn write_line<S: for<'a> LookupSpan<'a>>(
    line: &mut Vec<u8>,
    event: &Event<'_>,
    scope: Option<Scope<'_, S>>,
) -> serde_json::Result<()> {
    let metadata = event.metadata();
    let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let mut json = serde_json::Serializer::new(line);
    let mut object = Object {
        map: json.serialize_map(None)?,
        names: Vec::with_capacity(16),
    };
    object.entry("timestamp", &now)?;
    object.entry("level", metadata.level().as_str())?;
    object.entry("target", metadata.target())?;
    let mut fields = Fields::default();
    event.record(&mut fields);
    object.entries(&fields)?;
    for span in scope.into_iter().flatten() {
        object.entry("span", span.name())?;
        if let Some(fields) = span.extensions().get::<Fields>() {
            object.entries(fields)?;
        }
    }
    object.map.end()
}

/// An object in the making, in which the first of two entries with one name stays.
struct Object<M> {
    map: M,
    names: Vec<&'static str>,
}

impl<M: SerializeMap> Object<M> {
    fn entry(
        &mut self,
        name: &'static str,
        value: &(impl serde::Serialize + ?Sized),
    ) -> Result<(), M::Error> {
        if self.names.contains(&name) {
            return Ok(());
        }
        self.names.push(name);
        self.map.serialize_entry(name, value)
    }

    fn entries(&mut self, fields: &Fields) -> Result<(), M::Error> {
        fields
            .0
            .iter()
            .try_for_each(|(name, value)| self.entry(name, value))
    }
}

/// Fields of a span or an event. JSON escapes line breaks, so no value can forge a line.
#[derive(Debug, Default)]
struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.retain(|(name, _)| *name != field.name());
        self.0.push((field.name(), value.into()));
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};
    use tracing_subscriber::layer::SubscriberExt;

    use super::FlatJson;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(work: impl FnOnce()) -> Vec<Value> {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::registry().with(FlatJson::new(move || writer.clone()));
        tracing::subscriber::with_default(subscriber, work);
        let bytes = lines.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn a_line_has_the_fields_of_its_spans_and_the_inner_ones_win() {
        let lines = logged(|| {
            let outer = tracing::info_span!("outer", id = 1, who = tracing::field::Empty).entered();
            outer.record("who", "me");
            let _inner = tracing::info_span!("inner", id = 2).entered();
            tracing::warn!(count = 3, "one\n{{\"forged\":true}}");
        });
        let [line] = &lines[..] else {
            panic!("not one line: {lines:?}")
        };
        assert!(line["timestamp"].is_string());
        for (name, value) in [
            ("level", json!("WARN")),
            ("span", json!("inner")),
            ("id", json!(2)),
            ("who", json!("me")),
            ("count", json!(3)),
            ("message", json!("one\n{\"forged\":true}")),
        ] {
            assert_eq!(line[name], value, "{name} of {line}");
        }
    }

    #[test]
    fn a_field_recorded_again_has_its_last_value() {
        let lines = logged(|| {
            let span = tracing::info_span!("span", attempt = 1).entered();
            span.record("attempt", 2);
            tracing::info!("again");
        });
        assert_eq!(lines[0]["attempt"], 2);
    }
}
