-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Names in a form in which two ways to write one thing are equal, and two versions of it are not. What `fold` gave is
-- enough for most names; only those that hold a word that matters are taken apart.
--
-- A macro works out anew whatever it names twice: `list_transform([what], lambda …)[1]` does it once, for the few.

-- Without spaces, so that it does not matter where words are cut or an apostrophe stands.
CREATE OR REPLACE MACRO close_up(folded) AS if(
  strlen(folded) = length(folded),
  replace(folded, ' ', ''),
  replace(replace(replace(replace(translate(folded, 'øłđðħŧı', 'olddhti'), ' ', ''), 'æ', 'ae'), 'œ', 'oe'), 'ß', 'ss')
);

-- Words that tell versions of one song apart; of two claims they have to agree.
CREATE OR REPLACE MACRO version_words() AS
  '\b(live|remix|remixed|rmx|mix|remaster|acoustic|demo|edit|instrumental|karaoke|mono|stereo|dub|extended|'
  || 'radio|acapella|cappella|reprise|rehearsal|take|alternate|alternative|session|unreleased|'
  || 'rework|bootleg|orchestral|symphonic|clean|part|version)\b';

-- Does a title (once folded) hold a word that tells a version, or one that says nothing of the recording?
CREATE OR REPLACE MACRO tells_version(folded) AS regexp_matches(
  folded,
  version_words()[:-4] || '|remastered|remastering|vivo|directo|concert|unplugged|acustico|acoustique|pt)\b'
);
CREATE OR REPLACE MACRO says_more(folded) AS
  regexp_matches(folded, '\b(feat|ft|featuring|with|explicit|original|official|bonus|deluxe|(album|lp|main) (version|mix))\b');

-- A title without guests and without what says nothing, its versions behind a bar in one spelling and order.
CREATE OR REPLACE MACRO no_guests(plain) AS
  regexp_replace(
    regexp_replace(plain, '[(\[]\s*(?:(?:feat|ft|featuring|with|duet with)\b|\+)[^()\[\]]*[)\]]', ' ', 'g'),
    '\s(feat|ft|featuring)\b\.?\s+[^()\[\]]*?(\s[-–—]\s|[(\[]|$)', ' \2'
  );
CREATE OR REPLACE MACRO no_noise(plain) AS
  regexp_replace(
    plain,
    '(\s[-–—]\s*|[(\[]\s*)(explicit|(?:original )?(?:album|lp|main) (?:version|mix)|original (?:mix|version|recording)|'
    || 'official (?:music )?(?:video|audio)|bonus track|deluxe (?:edition|version))\s*([)\]]|$)',
    ' ', 'g'
  );
CREATE OR REPLACE MACRO one_spelling(folded) AS
  regexp_replace(
    regexp_replace(
      regexp_replace(
        regexp_replace(
          regexp_replace(replace(folded, ' and ', ' '), '\b(digitally |digital )?remaster(ed|ing)?\b', 'remaster', 'g'),
          '\b(ao vivo|en vivo|en directo|dal vivo|en concert|in concert)\b', 'live', 'g'
        ),
        '\b(unplugged|acustico|acoustique)\b', 'acoustic', 'g'
      ),
      '\b(live|remix|remaster|acoustic|demo|instrumental|karaoke|mono|stereo|extended|radio edit|edit) (version|recording)\b',
      '\1', 'g'
    ),
    '\bpt\b', 'part', 'g'
  );
CREATE OR REPLACE MACRO versions_last(text) AS
  if(
    regexp_matches(text, version_words()),
    close_up(regexp_replace(text, version_words() || '|\b(?:19|20)\d\d\b', '', 'g')) || '|'
      || array_to_string(list_sort(regexp_extract_all(text, version_words() || '|\b(?:19|20)\d\d\b')), ' '),
    close_up(text)
  );
CREATE OR REPLACE MACRO without_more(title) AS
  trim(regexp_replace(no_noise(no_guests(lower(strip_accents(nfc_normalize(title))))), '[^\p{L}\p{N}]+', ' ', 'g'));
CREATE OR REPLACE MACRO bare_title(title, folded) AS
  if(says_more(folded) OR contains(title, '(+'), coalesce(nullif(without_more(title), ''), folded), folded);
CREATE OR REPLACE MACRO comparable_title(bare) AS
  if(
    tells_version(bare),
    list_transform([one_spelling(bare)], lambda spelled: versions_last(spelled))[1],
    close_up(replace(bare, ' and ', ' '))
  );

-- A name without guests, articles and the words that join names.
CREATE OR REPLACE MACRO comparable_artist(folded) AS if(
  regexp_matches(folded, '\b(feat|ft|featuring|the|and|und|et|y|with|vs)\b'),
  list_transform(
    [regexp_replace(
      regexp_replace(folded, ' (feat|ft|featuring) .*$', ''), '\bthe\b| (?:and|und|et|y|with|vs) ', ' ', 'g'
    )],
    lambda short: coalesce(nullif(close_up(short), ''), close_up(folded))
  )[1],
  close_up(folded)
);

CREATE OR REPLACE MACRO first_of_several(artist) AS if(
  regexp_matches(
    artist, '(?i)[,;&+、×]|\s(/|with|and|und|et|y|vs|x|presents|meets)\b|[\p{Han}\p{Katakana}]と[\p{Han}\p{Katakana}]'
  ),
  regexp_extract(
    artist,
    '(?i)^(.+?)(?:\s*[,;&+、×]|\s(?:/|feat|ft|featuring|with|and|und|et|y|vs|x|presents|meets)\b|と[\p{Han}\p{Katakana}])', 1
  ),
  ''
);
-- The first of several who are credited together, as it stands there; '' where one is alone. Behind a composer, as labels of
-- classical music write it, all who play: 'Bach; Perahia, Academy'.
CREATE OR REPLACE MACRO first_artist(artist) AS CASE
  WHEN contains(artist, '; ') AND regexp_matches(artist, '^[^;,&]+; [^;]+, ') THEN regexp_extract(artist, '; (.+)$', 1)
  ELSE first_of_several(artist)
END;

-- A release of live recordings by its title: its tracks are, whether or not each says so. Not where to live is the verb.
CREATE OR REPLACE MACRO is_live(release) AS
  regexp_matches(release, '(?i)\blive\b|\b(?:ao|en|dal) vivo\b|\bunplugged\b|\bin concert\b')
  AND NOT regexp_matches(
    release,
    '(?i)\b(?:to|we|i|you|they|who|where|how|long|let|can|must|will|never|gonna|dont|don.t) live\b'
    || '|\blive (?:and|through|your|my|for|it|fast|free|forever|by|with|to|together)\b'
  );

-- A title as it is told elsewhere, where nothing says that it was played live.
CREATE OR REPLACE MACRO but_live(title) AS if(
  contains(title, 'live'),
  rtrim(replace(regexp_replace(title, '([| ])live( |$)', '\1\2'), '| ', '|'), ' |'),
  title
);

-- A release without which of its discs it is.
CREATE OR REPLACE MACRO without_disc(folded) AS if(
  regexp_matches(folded, ' (?:cd|dis[ck])'),
  regexp_replace(
    folded, ' (?:cd|dis[ck]) ?(?:\d{1,2}|i{1,3}|one|two|three)(?: (?:of )?\d{1,2})?( |$)', '\1'
  ),
  folded
);

-- Whoever is nobody in particular, and titles that many recordings of one artist have.
CREATE OR REPLACE MACRO is_nobody(artist) AS
  artist IN ('', 'various', 'variousartists', 'va', 'unknown', 'unknownartist', 'anonymous', 'traditional', 'artistunknown', 'noartist');
CREATE OR REPLACE MACRO is_generic(title) AS
  title IN (
    'untitled', 'intro', 'outro', 'interlude', 'skit', 'introduction', 'notitle', 'unknown', 'opening', 'ending', 'overture', 'prelude',
    'silence', 'track', 'theme', 'finale', 'allegro', 'adagio', 'andante', 'largo', 'presto', 'vivace', 'moderato', 'menuet', 'minuet',
    'aria', 'recitative', 'recitativo', 'intermezzo', 'waltz', 'etude', 'chorus', 'applause', 'announcement', 'commentary', 'a', 'b'
  )
  OR regexp_matches(title, '^(track|titel|piste|pista|untitled|notitle|part)?\d{0,3}$');

-- Half of a hash: what is told apart by it is compared as it is afterwards.
CREATE OR REPLACE MACRO hint(one, other) AS (hash(one, other) >> 32)::UINTEGER;

-- Are two titles one typing mistake apart, in a word of letters, and with the same numbers and versions?
CREATE OR REPLACE MACRO new_short_words(words, others) AS
  len(list_filter(string_split(words, ' '), lambda word: len(word) < 4 AND NOT list_contains(string_split(others, ' '), word)));
-- What is longer has none: telling takes memory for each letter of one with each of the other.
CREATE OR REPLACE MACRO hardly_differ(one, other) AS
  len(one) <= 300 AND len(other) <= 300
  AND damerau_levenshtein(left(split_part(one, '|', 1), 300), left(split_part(other, '|', 1), 300)) <= 1;
CREATE OR REPLACE MACRO one_mistake(one, other, one_words, other_words) AS
  hardly_differ(one, other)
  AND split_part(one, '|', 2) = split_part(other, '|', 2)
  AND regexp_replace(one, '[^0-9]', '', 'g') = regexp_replace(other, '[^0-9]', '', 'g')
  AND new_short_words(one_words, other_words) = 0
  AND new_short_words(other_words, one_words) = 0;

-- A track as it is compared: a track of a live release is live, whether or not it says so, and a title that many of an
-- artist have goes with its release.
CREATE OR REPLACE MACRO told_as(short, release) AS
  short
  || if(is_live(release) AND NOT contains(short, 'live'), if(contains(short, '|'), ' live', '|live'), '')
  || if(is_generic(short), '/' || fold(release), '');
