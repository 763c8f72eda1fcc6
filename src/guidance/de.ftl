# Anweisungen auf Deutsch. Die Variablen stehen in en.ftl.

depart =
    { $compass ->
        [unknown] Gehen Sie { along } los.
       *[known] Gehen Sie { along } nach { direction }.
    }
continue = Gehen Sie geradeaus { along } weiter.
slight-left = Halten Sie sich links{ onto }{ stay }.
left = Biegen Sie links{ onto } ab{ stay }.
sharp-left = Biegen Sie scharf links{ onto } ab{ stay }.
slight-right = Halten Sie sich rechts{ onto }{ stay }.
right = Biegen Sie rechts{ onto } ab{ stay }.
sharp-right = Biegen Sie scharf rechts{ onto } ab{ stay }.
u-turn = Kehren Sie um und gehen Sie { along } zurück.
arrive =
    { $named ->
        [yes] Halt: { $place }.
       *[no] Hier ist der nächste Halt.
    }
finish = Hier endet der Spaziergang.
return = Sie haben den Weg verlassen. Kehren Sie um: Er liegt { $metres } m in Richtung { direction }.

direction =
    { $compass ->
       *[n] Norden
        [ne] Nordosten
        [e] Osten
        [se] Südosten
        [s] Süden
        [sw] Südwesten
        [w] Westen
        [nw] Nordwesten
    }
along =
    { $named ->
        [no] { along-way }
       *[yes] auf { $street }
    }
along-way =
    { $way ->
        [footway] auf dem Fußweg
        [pedestrian] auf der Fußgängerstraße
        [path] auf dem Pfad
        [track] auf dem Feldweg
        [cycleway] auf dem Radweg
        [steps] auf der Treppe
        [service] auf dem Fahrweg
        [other] auf dem Weg
       *[road] auf der Straße
    }
onto =
    { $named ->
        [stay] { "" }
        [no] { " " }{ onto-way }
       *[yes] { " " }auf { $street }
    }
onto-way =
    { $way ->
        [footway] auf den Fußweg
        [pedestrian] auf die Fußgängerstraße
        [path] auf den Pfad
        [track] auf den Feldweg
        [cycleway] auf den Radweg
        [steps] auf die Treppe
        [service] auf den Fahrweg
        [other] auf den Weg
       *[road] auf die Straße
    }
stay =
    { $named ->
        [stay] { " " }und bleiben Sie auf { $street }
       *[no] { "" }
    }
