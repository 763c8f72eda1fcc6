//! The tables of `migrations/`, as Diesel sees them. `walk_edges`, which has more columns than a table here may have, is read by SQL.

#![allow(
    clippy::wildcard_imports,
    reason = "the table macro wants every SQL type it names in scope"
)]

diesel::table! {
    use diesel::sql_types::*;
    use postgis_diesel::sql_types::Geometry;

    areas (id) {
        id -> Int4,
        name -> Text,
        boundary -> Geometry,
        generation -> Int8,
        source_digest -> Text,
        source_timestamp -> Nullable<Timestamptz>,
        counts -> Jsonb,
        loaded_at -> Timestamptz,
    }
}

diesel::table! {
    enrichments (square, theme_id) {
        square -> Int4,
        theme_id -> Uuid,
        status -> Text,
        not_before -> Timestamptz,
        requested_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        elements -> Nullable<Int4>,
        places -> Nullable<Int4>,
        changes -> Nullable<Int4>,
        rejected -> Nullable<Int4>,
        bytes -> Nullable<Int8>,
        remark -> Nullable<Text>,
        error_code -> Nullable<Text>,
        data_timestamp -> Nullable<Timestamptz>,
        trace_id -> Uuid,
    }
}

diesel::table! {
    idempotency_keys (user_id, endpoint, key) {
        user_id -> Uuid,
        endpoint -> Text,
        key -> Uuid,
        request_digest -> Bytea,
        status -> Int2,
        response -> Nullable<Jsonb>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    interest_themes (id) {
        id -> Uuid,
        name -> Text,
        description -> Nullable<Text>,
    }
}

diesel::table! {
    maintenance_runs (chore) {
        chore -> Text,
        started_at -> Timestamptz,
        lease_until -> Timestamptz,
        next_run_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        succeeded -> Nullable<Bool>,
        result -> Nullable<Text>,
        runs -> Int8,
    }
}

diesel::table! {
    poi_interest_themes (poi_id, theme_id) {
        poi_id -> Int8,
        theme_id -> Uuid,
        weight -> Float4,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use postgis_diesel::sql_types::Geography;

    pois (id) {
        id -> Int8,
        location -> Geography,
        osm_tags -> Nullable<Jsonb>,
        narrative -> Nullable<Text>,
        popularity_score -> Nullable<Float4>,
        name -> Nullable<Text>,
        kind -> Text,
        area_id -> Nullable<Int4>,
        enriched_at -> Nullable<Timestamptz>,
        removed_at -> Nullable<Timestamptz>,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    route_names (user_id, route_id) {
        user_id -> Uuid,
        route_id -> Uuid,
        name -> Text,
    }
}

diesel::table! {
    shared_routes (user_id, route_id) {
        user_id -> Uuid,
        route_id -> Uuid,
        token -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    route_notes (id) {
        id -> Uuid,
        user_id -> Uuid,
        route_id -> Uuid,
        poi_id -> Nullable<Int8>,
        body -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    route_progress (user_id, route_id) {
        user_id -> Uuid,
        route_id -> Uuid,
        visited_poi_ids -> Array<Int8>,
        revision -> Int4,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    saved_routes (user_id, route_id) {
        user_id -> Uuid,
        route_id -> Uuid,
        saved_at -> Timestamptz,
    }
}

diesel::table! {
    route_pois (route_id, poi_id) {
        route_id -> Uuid,
        poi_id -> Int8,
        position -> Int4,
        arrive_after_seconds -> Int4,
        visit_seconds -> Int4,
    }
}

diesel::table! {
    route_requests (id) {
        id -> Uuid,
        user_id -> Nullable<Uuid>,
        params -> Jsonb,
        cache_key -> Text,
        status -> Text,
        stage -> Nullable<Text>,
        progress -> Nullable<Float4>,
        attempt -> Int4,
        route_id -> Nullable<Uuid>,
        error_code -> Nullable<Text>,
        error_message -> Nullable<Text>,
        trace_id -> Uuid,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use postgis_diesel::sql_types::Geometry;

    routes (id) {
        id -> Uuid,
        user_id -> Nullable<Uuid>,
        path -> Nullable<Geometry>,
        generation_params -> Nullable<Jsonb>,
        distance_metres -> Float8,
        duration_seconds -> Int4,
        score -> Float8,
        details -> Jsonb,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    user_credentials (user_id) {
        user_id -> Uuid,
        password_hash -> Text,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    user_interest_themes (user_id, theme_id) {
        user_id -> Uuid,
        theme_id -> Uuid,
    }
}

diesel::table! {
    users (id) {
        id -> Uuid,
        username -> Text,
        display_name -> Text,
        role -> Text,
        popularity_bias -> Nullable<Float4>,
        duration_minutes -> Nullable<Int4>,
        avoid_stairs -> Bool,
        prefer_well_lit -> Bool,
        unit_system -> Text,
        revision -> Int4,
        session_generation -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use postgis_diesel::sql_types::Geometry;

    walk_nodes (area_id, id) {
        id -> Int8,
        area_id -> Int4,
        cell -> Int4,
        location -> Geometry,
    }
}

diesel::joinable!(poi_interest_themes -> interest_themes (theme_id));
diesel::joinable!(poi_interest_themes -> pois (poi_id));
diesel::joinable!(pois -> areas (area_id));
diesel::joinable!(route_pois -> pois (poi_id));
diesel::joinable!(route_pois -> routes (route_id));
diesel::joinable!(route_requests -> routes (route_id));
diesel::joinable!(route_requests -> users (user_id));
diesel::joinable!(routes -> users (user_id));
diesel::joinable!(user_credentials -> users (user_id));
diesel::joinable!(user_interest_themes -> interest_themes (theme_id));
diesel::joinable!(user_interest_themes -> users (user_id));
diesel::joinable!(walk_nodes -> areas (area_id));
diesel::allow_tables_to_appear_in_same_query!(
    areas,
    interest_themes,
    poi_interest_themes,
    pois,
    route_pois,
    route_requests,
    routes,
    user_credentials,
    user_interest_themes,
    users,
    walk_nodes,
);
