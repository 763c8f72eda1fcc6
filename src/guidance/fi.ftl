# Ohjeet suomeksi. Muuttujat on kuvattu tiedostossa en.ftl.

depart =
    { $compass ->
        [unknown] Lähde { along }.
       *[known] Lähde { direction } { along }.
    }
continue = Jatka suoraan { along }.
slight-left = Käänny loivasti vasemmalle { onto }.
left = Käänny vasemmalle { onto }.
sharp-left = Käänny jyrkästi vasemmalle { onto }.
slight-right = Käänny loivasti oikealle { onto }.
right = Käänny oikealle { onto }.
sharp-right = Käänny jyrkästi oikealle { onto }.
u-turn = Käänny ympäri ja palaa { along }.
arrive =
    { $named ->
        [yes] Pysähdyspaikka: { $place }.
       *[no] Tässä on seuraava pysähdyspaikka.
    }
finish = Kävely päättyy tähän.
return = Olet poistunut reitiltä. Käänny ympäri: reitti on { $metres } metrin päässä { place-of-direction }.

direction =
    { $compass ->
       *[n] pohjoiseen
        [ne] koilliseen
        [e] itään
        [se] kaakkoon
        [s] etelään
        [sw] lounaaseen
        [w] länteen
        [nw] luoteeseen
    }
place-of-direction =
    { $compass ->
       *[n] pohjoisessa
        [ne] koillisessa
        [e] idässä
        [se] kaakossa
        [s] etelässä
        [sw] lounaassa
        [w] lännessä
        [nw] luoteessa
    }
along =
    { $named ->
        [no] { along-way }
       *[yes] katua { $street } pitkin
    }
along-way =
    { $way ->
        [footway] jalkatietä pitkin
        [pedestrian] kävelykatua pitkin
        [path] polkua pitkin
        [track] metsä- tai peltotietä pitkin
        [cycleway] pyörätietä pitkin
        [steps] portaita pitkin
        [service] huoltotietä pitkin
        [other] väylää pitkin
       *[road] tietä pitkin
    }
onto =
    { $named ->
        [stay] ja pysy kadulla { $street }
        [no] { onto-way }
       *[yes] kadulle { $street }
    }
onto-way =
    { $way ->
        [footway] jalkatielle
        [pedestrian] kävelykadulle
        [path] polulle
        [track] metsä- tai peltotielle
        [cycleway] pyörätielle
        [steps] portaille
        [service] huoltotielle
        [other] väylälle
       *[road] tielle
    }
