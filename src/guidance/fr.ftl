# Instructions en français. Les variables sont décrites dans en.ftl.

depart =
    { $compass ->
        [unknown] Partez { along }.
       *[known] Partez { direction } { along }.
    }
continue = Continuez tout droit { along }.
slight-left = Prenez légèrement à gauche { onto }.
left = Tournez à gauche { onto }.
sharp-left = Tournez franchement à gauche { onto }.
slight-right = Prenez légèrement à droite { onto }.
right = Tournez à droite { onto }.
sharp-right = Tournez franchement à droite { onto }.
u-turn = Faites demi-tour et revenez { along }.
arrive =
    { $named ->
        [yes] Arrêt : { $place }.
       *[no] Vous êtes au prochain arrêt.
    }
finish = La promenade se termine ici.
return = Vous avez quitté la promenade. Faites demi-tour : elle est à { $metres } m { direction }.

direction =
    { $compass ->
       *[n] vers le nord
        [ne] vers le nord-est
        [e] vers l’est
        [se] vers le sud-est
        [s] vers le sud
        [sw] vers le sud-ouest
        [w] vers l’ouest
        [nw] vers le nord-ouest
    }
along =
    { $named ->
        [no] { along-way }
       *[yes] sur { $street }
    }
along-way =
    { $way ->
        [footway] sur le chemin piéton
        [pedestrian] dans la rue piétonne
        [path] sur le sentier
        [track] sur le chemin
        [cycleway] sur la piste cyclable
        [steps] dans l’escalier
        [service] sur la voie de desserte
        [other] sur la voie
       *[road] sur la route
    }
onto =
    { $named ->
        [stay] en restant sur { $street }
       *[other] { along }
    }
