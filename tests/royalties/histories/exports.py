# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small exports of every shape, with personal fields whose content no output may hold."""

import io
import json
import zipfile

#: Stand in personal fields of the exports below, and nowhere else.
SECRETS = (
    "203.0.113.77", "mordicus-the-listener", "Secret-Phone/9", "XQ", "apple-id-4711", "Hidden Road 5",
    "Secret Player 3.1", "secret-city",
)  # fmt: skip


def extended(*plays, **more):
    """Spotify's extended history of (time, artist, title, milliseconds)."""
    return json.dumps(
        [
            {
                "ts": ts,
                "username": SECRETS[1],
                "platform": SECRETS[2],
                "ms_played": ms,
                "conn_country": SECRETS[3],
                "ip_addr_decrypted": SECRETS[0],
                "user_agent_decrypted": SECRETS[2],
                "master_metadata_track_name": title,
                "master_metadata_album_artist_name": artist,
                "master_metadata_album_album_name": "Album",
                "spotify_track_uri": "spotify:track:1",
                "episode_name": None if title else "An episode",
                "city_decrypted": SECRETS[7],
                "skipped": None,
            }
            | more
            for ts, artist, title, ms in plays
        ]
    ).encode()


def account(*plays):
    return json.dumps(
        [{"endTime": t, "artistName": a, "trackName": n, "msPlayed": ms} for t, a, n, ms in plays]
    ).encode()


def listen(at, artist, title, names=(), **info):
    return {
        "listened_at": at,
        "user_name": SECRETS[1],
        "track_metadata": {
            "artist_name": artist,
            "track_name": title,
            "additional_info": {"media_player": SECRETS[6], "listening_from": SECRETS[5], **info},
            "mbid_mapping": {"artists": [{"artist_credit_name": name, "join_phrase": ", "} for name in names]}
            if names
            else None,
        },
    }


def jsonl(*objects):
    return "".join(json.dumps(each) + "\n" for each in objects).encode()


LASTFM = (
    b"uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\r\n"
    b'"1709290800","01 Mar 2024, 11:00","Ann","","Album","","One",""\r\n'
    b'"1709291100","01 Mar 2024, 11:05","Bob, Cy","","Album","","Two, too",""\r\n'
)
LIBREFM = b"An export of Libre.fm\nTime,Artist,Track,Album\n1709290800,Ann,One,Album\n1709291100,Bob,Two,\n"
LOG = (
    b"#AUDIOSCROBBLER/1.1\n#TZ/UTC\n#CLIENT/Secret-Phone/9\n"
    b"Ann\tAlbum\tOne\t1\t200\tL\t1709290800\t\n"
    b"Ann\tAlbum\tShort\t2\t20\tL\t1709290900\t\n"
    b"Bob\tAlbum\tTwo\t2\t180\tS\t1709291100\t\n"
)
MALOJA = json.dumps(
    {
        "maloja": {"export_time": 1761035593},
        "scrobbles": [
            {
                "time": 1709290800,
                "track": {"artists": ["Ann", "Bob"], "title": "One", "album": None, "length": 220},
                "duration": None,
                "origin": "client:Secret Player 3.1",
            },
            {
                "time": 1709291100,
                "track": {"artists": ["Ann"], "title": "Two", "album": None, "length": None},
                "duration": 245,
                "origin": None,
            },
        ],
    },
    indent=1,
).encode()
PANO = jsonl(
    {"timeMs": 1709290800123, "track": "One", "artist": "Ann", "durationMs": 200000, "mediaPlayerName": SECRETS[6]},
    {"timeMs": 1709291100000, "track": "Two", "artist": "Bob", "event": "scrobble"},
)  # fmt: skip
APPLE_PLAYS = (
    b"Apple Music Subscription,Event Start Timestamp,Event End Timestamp,Event Type,Media Type,"
    b"Media Duration In Milliseconds,Play Duration Milliseconds,Song Name,Container Artist Name,"
    b"Client IP Address,Apple ID Number,Device Identifier\n"
    b"true,2024-03-01T11:00:00Z,2024-03-01T11:03:20.5Z,PLAY_END,AUDIO,200000,200000,One,,203.0.113.77,apple-id-4711,x\n"
    b"true,2024-03-01T11:05:00Z,2024-03-01T11:05:20Z,PLAY_END,AUDIO,200000,20000,One,,203.0.113.77,apple-id-4711,x\n"
    b"true,2024-03-01T12:00:00Z,2024-03-01T12:03:20Z,PLAY_END,AUDIO,200000,190000,Twice,,203.0.113.77,4711,x\n"
    b"true,2024-03-01T12:10:00Z,2024-03-01T12:10:20Z,LYRIC_DISPLAY,AUDIO,,0,One,,203.0.113.77,apple-id-4711,x\n"
    b"true,2024-03-01T12:20:00Z,2024-03-01T12:23:20Z,PLAY_END,VIDEO,200000,190000,One,,203.0.113.77,4711,x\n"
)
APPLE_DAYS = (
    b"Country,Track Identifier,Media type,Date Played,Hours,Play Duration Milliseconds,Play Count,Track Description\n"
    b"XQ,1,AUDIO,20240301,11,400000,2,Ann - One\n"
    b"XQ,2,AUDIO,20240301,12,70000,3,Bob - Twice\n"
    b"XQ,3,AUDIO,20240301,12,190000,1,Cy - Twice\n"
    b"XQ,3,AUDIO,20240302,12,5000,0,Cy - Twice\n"
)


def zipped(members):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return held.getvalue()
