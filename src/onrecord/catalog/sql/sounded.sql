-- SPDX-FileCopyrightText: 2026 The onrecord contributors
-- SPDX-License-Identifier: GPL-3.0-or-later
-- How a name of another script is written in Latin letters, roughly: so that of several ways to do that, most are equal.
-- Han characters are not among them: how one is read depends on the word.
CREATE OR REPLACE MACRO is_foreign(text) AS
  regexp_matches(text, '[\p{Cyrillic}\p{Greek}\p{Hebrew}\p{Arabic}\p{Hiragana}\p{Katakana}\p{Hangul}]');

-- Is any of it in another script, Han included?
CREATE OR REPLACE MACRO is_other(text) AS
  regexp_matches(text, '[\p{Han}\p{Cyrillic}\p{Greek}\p{Hebrew}\p{Arabic}\p{Hiragana}\p{Katakana}\p{Hangul}]');

-- Does a folded title tell a version by words that `version_words` has not?
CREATE OR REPLACE MACRO tells_other_version(folded) AS
  regexp_matches(folded, '\bver\b|off vocal|カラオケ|インスト|伴奏|伴唱|ライブ|ライヴ|現場|现场|ハーション|ウァーション|リミックス|караоке|инструментал|버전|리믹스|라이브');

-- Letters one beside the other, and what stands for each; '_' is nothing.
CREATE OR REPLACE MACRO letters_in_latin() AS map(
  list_concat(
    string_split('а б в г д е ж з и к л м н о п р с т у ф х ц ч ш щ ъ ы ь э ю я і є ґ ђ ј љ њ ћ џ ѕ', ' '),
    string_split('α β γ δ ε ζ η θ ι κ λ μ ν ξ ο π ρ σ ς τ υ φ χ ψ ω', ' '),
    string_split('א ב ג ד ה ו ז ח ט י כ ך ל מ ם נ ן ס ע פ ף צ ץ ק ר ש ת', ' '),
    string_split('ا ب ت ث ج ح خ د ذ ر ز س ش ص ض ط ظ ع غ ف ق ك ک ل م ن ه و ي ی ى ة پ چ ژ گ ء', ' '),
    string_split('あ い う え お か き く け こ さ し す せ そ た ち つ て と な に ぬ ね の は ひ ふ へ ほ', ' '),
    string_split('ま み む め も や ゆ よ ら り る れ ろ わ を ん が ぎ ぐ げ ご ざ じ ず ぜ ぞ だ ぢ づ で ど', ' '),
    string_split('ば び ぶ べ ぼ ぱ ぴ ぷ ぺ ぽ っ ー', ' ')
  ),
  list_concat(
    string_split('a b v g d e zh z i k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya i e g d i l n ch dz z', ' '),
    string_split('a v g d e z i th i k l m n x o p r s s t u f ch ps o', ' '),
    string_split('a b g d h o z ch t i k k l m m n n s a p f ts ts k r sh t', ' '),
    string_split('a b t th j h kh d dh r z s sh s d t z a gh f q k k l m n h u i i a h p ch zh g _', ' '),
    string_split('a i u e o ka ki ku ke ko sa shi su se so ta chi tsu te to na ni nu ne no ha hi fu he ho', ' '),
    string_split('ma mi mu me mo ya yu yo ra ri ru re ro wa o n ga gi gu ge go za ji zu ze zo da ji zu de do', ' '),
    string_split('ba bi bu be bo pa pi pu pe po _ _', ' ')
  )
);

-- A Hangul syllable is a number: of its beginning, its vowel and its end.
CREATE OR REPLACE MACRO hangul_in_latin(number) AS
  string_split('g kk n d tt r m b pp s ss _ j jj ch k t p h', ' ')[number // 588 + 1]
  || string_split('a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i', ' ')[number % 588 // 28 + 1]
  || string_split('_ k k k n n n t l k m l l l p l m p p t t ng t t k t p t', ' ')[number % 28 + 1];

CREATE OR REPLACE MACRO sign_in_latin(sign) AS CASE
  WHEN unicode(sign) BETWEEN 44032 AND 55203 THEN hangul_in_latin(unicode(sign) - 44032)
  WHEN unicode(sign) BETWEEN 12449 AND 12534 THEN coalesce(letters_in_latin()[chr(unicode(sign) - 96)], sign)
  ELSE coalesce(letters_in_latin()[sign], sign)
END;

CREATE OR REPLACE MACRO in_latin(name) AS if(
  is_foreign(name),
  replace(array_to_string(list_transform(string_split(name, ''), lambda sign: sign_in_latin(sign)), ''), '_', ''),
  name
);

CREATE OR REPLACE MACRO one_of_each(text) AS
  replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
    text, 'aa', 'a'), 'ee', 'e'), 'ii', 'i'), 'oo', 'o'), 'uu', 'u'), 'ss', 's'), 'tt', 't'), 'nn', 'n'), 'mm', 'm'), 'll', 'l'),
    'kk', 'k'), 'pp', 'p'), 'rr', 'r'), 'ff', 'f');

-- What is one sound in one spelling, without spaces.
CREATE OR REPLACE MACRO sounded(name) AS one_of_each(
  translate(
    replace(replace(replace(replace(replace(replace(replace(replace(in_latin(name),
      'tch', 'ch'), 'ye', 'e'), 'kh', 'h'), 'ck', 'k'), 'ph', 'f'), 'tz', 'ts'), 'ou', 'u'), ' ', ''),
    'yjwq', 'iivk'
  )
);

-- As `fold` and without spaces, but a kana keeps its voicing mark: it makes another letter.
CREATE OR REPLACE MACRO is_voiced(text) AS regexp_matches(text, '[\p{Hiragana}\p{Katakana}]');
CREATE OR REPLACE MACRO voiced(text, folded) AS if(
  is_voiced(text),
  regexp_replace(lower(nfc_normalize(text)), '[^\p{L}\p{N}ー]+', '', 'g'),
  folded
);
