# Instrucciones en español. Las variables se describen en en.ftl.

depart =
    { $compass ->
        [unknown] Salga { along }.
       *[known] Salga { direction } { along }.
    }
continue = Siga recto { along }.
slight-left = Gire ligeramente a la izquierda { onto }.
left = Gire a la izquierda { onto }.
sharp-left = Gire cerrado a la izquierda { onto }.
slight-right = Gire ligeramente a la derecha { onto }.
right = Gire a la derecha { onto }.
sharp-right = Gire cerrado a la derecha { onto }.
u-turn = Dé la vuelta y regrese { along }.
arrive =
    { $named ->
        [yes] Parada: { $place }.
       *[no] Aquí está la próxima parada.
    }
finish = El paseo termina aquí.
return = Se ha salido del paseo. Dé la vuelta: está a { $metres } m { direction }.

direction =
    { $compass ->
       *[n] hacia el norte
        [ne] hacia el noreste
        [e] hacia el este
        [se] hacia el sureste
        [s] hacia el sur
        [sw] hacia el suroeste
        [w] hacia el oeste
        [nw] hacia el noroeste
    }
along =
    { $named ->
        [no] { along-way }
       *[yes] por { $street }
    }
along-way =
    { $way ->
        [footway] por el camino peatonal
        [pedestrian] por la calle peatonal
        [path] por el sendero
        [track] por la pista
        [cycleway] por el carril bici
        [steps] por las escaleras
        [service] por la vía de servicio
        [other] por el camino
       *[road] por la calle
    }
onto =
    { $named ->
        [stay] para seguir por { $street }
       *[other] { along }
    }
