CREATE TABLE interest_themes (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    name TEXT NOT NULL UNIQUE,
    description TEXT
);

CREATE TABLE user_interest_themes (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    theme_id UUID NOT NULL REFERENCES interest_themes (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, theme_id)
);
CREATE INDEX user_interest_themes_theme_id_idx ON user_interest_themes (theme_id);

-- The ids are public and never change; the engine's catalogue of places names them too.
INSERT INTO interest_themes (id, name, description) VALUES
    ('f47ac10b-58cc-4372-a567-0e02b2c3d479', 'Street art', 'Murals, sculptures, installations and other art in the open'),
    ('f3c95789-ace1-4954-ac5d-6baed2eac902', 'Quiet parks', 'Parks, gardens and green corners to slow down in'),
    ('cbf27734-ac10-4525-8b66-402800e03d2c', 'Historic pubs', 'Pubs, bars and taverns, the older the better'),
    ('e0a3a91f-2346-4c13-bc27-ed12b10877a9', 'Architecture', 'Remarkable buildings of every age, from towers to town houses'),
    ('f1260ebc-7d56-4b56-b714-dc919b27dbdf', 'Brutalism', 'Concrete and modernist landmarks of the twentieth century'),
    ('6caf76a5-7035-48ae-8280-ad3729a6f2e7', 'Waterfront', 'Harbours, quays, beaches, fountains and river banks'),
    ('3f0c9931-918c-40bf-9670-c342c6cce996', 'Viewpoints', 'Places with a view worth the climb'),
    ('004498f4-b987-47c1-8c9c-26a813678d7a', 'Literature', 'Libraries, bookshops and places writers left a mark on'),
    ('0ecaf828-e2f7-4553-8fcc-69d79561a0d1', 'Music', 'Concert halls, opera houses, clubs and bandstands'),
    ('73f80e52-a369-48b5-a441-4c46f147ecf9', 'Theatre and film', 'Theatres, cinemas and arts centres'),
    ('c1af4465-06f1-42fc-a101-0f154a9f2968', 'Markets', 'Market halls, market squares and shops with character'),
    ('b459071a-fb8a-4f9e-bf72-c46dca8fbe35', 'Coffee and cake', 'Cafés, bakeries and ice cream'),
    ('5a3c1fbd-f9da-4bf3-a816-96a68afe2312', 'Good food', 'Restaurants and street food for a stop along the way'),
    ('135d63cf-1293-424c-802a-2e8f96fc5ce8', 'Museums and galleries', 'Museums, galleries and exhibitions'),
    ('a4ea3938-d429-4c52-8109-15b0875b0b21', 'Sacred places', 'Churches, mosques, synagogues, temples and shrines'),
    ('bdfaef42-8c7d-4431-b331-dab129ea3a7b', 'Cemeteries', 'Graveyards and tombs, quiet and full of stories'),
    ('4260ce86-ca96-4d78-ba56-9ee452a5d423', 'Family', 'Playgrounds, zoos, aquariums and fun for children'),
    ('44e767f7-43bb-4898-ac59-157196f119be', 'Industrial heritage', 'Mills, mines, lighthouses, cranes and works of the industrial age'),
    ('23cc390c-9354-40e3-8e1f-39485d23d1f3', 'Monuments and memorials', 'Statues, monuments, memorials and plaques'),
    ('4d1dd7de-07c1-437b-95d0-c57b811008b7', 'Castles and ruins', 'Castles, city walls, ruins and archaeological sites'),
    ('06f3179f-ec43-4ae0-a6e1-44cf0b4152c8', 'Nature', 'Trees, cliffs, springs, caves and wild places'),
    ('c78165de-8458-420c-88ba-29b1f8223c08', 'Hidden curiosities', 'Clocks, wells, odd plaques and things most people walk past');
