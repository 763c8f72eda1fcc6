# Instructions in English.
#
# $named: yes, no, or stay where the street is the one before; $street: its name; $way: its kind; $compass: n, ne, e, se, s, sw,
# w, nw or unknown; $place: the name of a stop; $metres: a whole number.

depart =
    { $compass ->
        [unknown] Set out { along }.
       *[known] Head { direction } { along }.
    }
continue = Continue straight { onto }.
slight-left = Bear left { onto }.
left = Turn left { onto }.
sharp-left = Turn sharply left { onto }.
slight-right = Bear right { onto }.
right = Turn right { onto }.
sharp-right = Turn sharply right { onto }.
u-turn = Turn round and go back { along }.
arrive =
    { $named ->
        [yes] Stop at { $place }.
       *[no] Stop at the next place.
    }
finish = The walk ends here.
return = You have left the walk. Turn round: it is { $metres } m to the { direction }.

direction =
    { $compass ->
       *[n] north
        [ne] north-east
        [e] east
        [se] south-east
        [s] south
        [sw] south-west
        [w] west
        [nw] north-west
    }
along =
    { $named ->
        [no] { along-way }
       *[yes] along { $street }
    }
along-way =
    { $way ->
        [footway] along the footway
        [pedestrian] along the pedestrian street
        [path] along the path
        [track] along the track
        [cycleway] along the cycle path
        [steps] on the stairs
        [service] along the service road
        [other] along the way
       *[road] along the road
    }
onto =
    { $named ->
        [stay] to stay on { $street }
        [no] { onto-way }
       *[yes] onto { $street }
    }
onto-way =
    { $way ->
        [footway] onto the footway
        [pedestrian] onto the pedestrian street
        [path] onto the path
        [track] onto the track
        [cycleway] onto the cycle path
        [steps] onto the stairs
        [service] onto the service road
        [other] onto the way
       *[road] onto the road
    }
