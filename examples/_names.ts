/**
 * First names of four languages, for {@linkcode ./lstm_names.ts}.
 *
 * @module
 */
const names = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Names by language. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  English: names(`
    Abigail Adam Alan Albert Alexander Alfred Alice Amanda Amy Andrew Angela
    Ann Anthony Arthur Barbara Benjamin Betty Brandon Brian Bruce Carl Carol
    Catherine Charles Charlotte Christopher Craig Cynthia Daniel David Deborah
    Dennis Diana Donald Dorothy Douglas Edith Edward Eleanor Elizabeth Ellen
    Emily Emma Eric Ethan Evelyn Florence Frances Frank Frederick Gary George
    Gerald Gloria Grace Gregory Hannah Harold Harriet Harry Heather Helen Henry
    Howard Isaac Jack Jacob James Jane Janet Jason Jean Jeffrey Jennifer Jeremy
    Jessica Joan John Jonathan Joseph Joshua Joyce Judith Julia Justin Karen
    Keith Kenneth Kevin Kimberly Larry Laura Lawrence Lillian Linda Louise Lucy
    Margaret Mark Martha Martin Mary Matthew Megan Melissa Michael Nancy Nathan
    Nicholas Oliver Olivia Pamela Patricia Patrick Paul Peter Philip Rachel
    Ralph Raymond Rebecca Richard Robert Roger Ronald Rose Russell Ruth Ryan
    Samantha Samuel Sandra Sarah Scott Sharon Shirley Sophia Stephen Steven
    Susan Teresa Theodore Thomas Timothy Tyler Victoria Vincent Virginia Walter
    Wayne William Zachary
  `),
  German: names(`
    Achim Adelheid Albrecht Andreas Anja Anke Anneliese Annette Antje Armin
    Astrid August Axel Bernd Bernhard Bertha Birgit Brigitte Brunhilde Burkhard
    Carsten Christa Christoph Clemens Cornelia Detlef Dieter Dietmar Dietrich
    Dirk Dorothea Eberhard Eckhard Edeltraud Elfriede Elke Elsbeth Emil Erhard
    Erich Erika Ernst Erwin Eugen Ferdinand Frauke Friederike Friedhelm
    Friedrich Fritz Georg Gerda Gerhard Gertrud Gisela Gottfried Gottlieb Greta
    Gudrun Guenter Gunther Gustav Hanna Hannelore Hans Hartmut Hedwig Heide
    Heike Heiko Heinrich Heinz Helga Helmut Henrike Herbert Hermann Hilde
    Hildegard Holger Horst Hubert Ilse Ines Ingeborg Ingrid Irmgard Jens Joachim
    Johanna Johannes Jochen Josef Juergen Jutta Karin Karl Karsten Katharina
    Katrin Klaus Klara Konrad Kunigunde Kurt Leopold Liesel Lothar Ludwig
    Luise Manfred Margarete Markus Marlene Mathilde Matthias Mechthild Monika
    Norbert Olaf Oskar Otto Petra Rainer Reiner Reinhard Reinhold Renate
    Roswitha Rudolf Ruediger Sabine Siegfried Sieglinde Sigrid Silke Stefan
    Steffen Susanne Theodor Thorsten Torsten Traudel Ulrich Ulrike Ursula Uschi
    Ute Uwe Volker Waldemar Waltraud Werner Wilhelm Wilhelmine Winfried Wolfgang
    Wolfram
  `),
  Italian: names(`
    Adriana Adriano Agnese Alberto Aldo Alessandra Alessandro Alessia Alessio
    Alfonso Alfredo Amedeo Andrea Angelica Angelo Anna Antonella Antonio
    Arianna Armando Arturo Aurora Barbara Beatrice Benedetta Bianca Bruno
    Camilla Carla Carlo Carlotta Carmela Caterina Cecilia Cesare Chiara Cinzia
    Claudia Claudio Concetta Corrado Cristina Daniela Daniele Dario Davide
    Domenico Donatella Edoardo Elena Eleonora Elisa Elisabetta Emanuele Enrica
    Enrico Enzo Ernesto Fabio Fabrizio Federica Federico Filippo Fiorella Flavia
    Flavio Francesca Francesco Franco Gabriele Gabriella Gaetano Giacomo Gianni
    Giada Ginevra Giorgia Giorgio Giovanna Giovanni Giulia Giuliano Giulio
    Giuseppe Giuseppina Grazia Guido Ilaria Isabella Lorenza Lorenzo Luca
    Lucia Luciano Lucrezia Ludovica Luigi Luisa Manuela Marcello Marco
    Margherita Maria Marianna Mario Marina Martina Massimo Matilde Matteo
    Maurizio Mauro Michela Michele Mirella Monica Nicola Nicoletta Ornella
    Paola Paolo Patrizia Pasquale Piero Pietro Raffaele Raffaella Renato
    Riccardo Rita Roberta Roberto Rocco Romano Rosa Rosanna Salvatore Sandro
    Sara Sergio Silvia Silvio Simona Simone Sofia Stefania Stefano Teresa
    Tiziana Tommaso Umberto Valentina Valeria Vincenzo Viola Vittoria Vittorio
  `),
  Japanese: names(`
    Aiko Aimi Airi Akane Akari Akemi Aki Akihiko Akihiro Akiko Akio Akira Asami
    Asuka Atsuko Atsushi Aya Ayaka Ayako Ayame Ayumi Chie Chieko Chihiro Chika
    Chiyo Daichi Daiki Daisuke Eiji Eiko Emi Emiko Eri Etsuko Fumiko Fumio Goro
    Hana Hanako Haruka Haruki Haruko Haruto Hideaki Hideki Hideko Hikari Hikaru
    Hinata Hiroaki Hiroki Hiroko Hiromi Hiroshi Hisako Hisashi Hitomi Hitoshi
    Honoka Ichiro Isamu Izumi Jiro Jun Junichi Junko Kana Kanako Kaori Kaoru
    Katsumi Kazuhiro Kazuki Kazuko Kazuo Kazuya Keiichi Keiji Keiko Ken Kenichi
    Kenji Kenta Kimiko Kiyoshi Kohei Koichi Koji Kota Kumiko Kyoko Madoka Mai
    Maiko Makoto Mami Manabu Mariko Masahiro Masako Masami Masao Masaru Masato
    Mayumi Megumi Michiko Midori Mieko Miho Mika Mikako Miki Minoru Misaki
    Mitsuko Miyuki Mizuki Momoko Nana Nanami Naoki Naoko Naomi Natsuki Natsumi
    Noboru Nobuko Noriko Osamu Reiko Ren Rie Riko Rin Ryo Ryota Sachiko Sakura
    Satoko Satoru Satoshi Sayaka Setsuko Shigeru Shinichi Shinji Shiori Shiro
    Shizuka Shota Sora Sumiko Susumu Suzume Tadashi Takahiro Takako Takashi
    Takeshi Takumi Tamiko Taro Tatsuya Tomoko Toshiko Toshiro Tsubasa Tsutomu
    Umeko Wakana Yasuko Yasuo Yoko Yoshiko Yoshio Yukari Yuki Yukiko Yumi Yumiko
    Yusuke Yutaka
  `),
};

/** The languages. */
export const LANGUAGES: readonly string[] = Object.keys(NAMES);

/** The letters of all names; the first one begins and ends a name. */
export const LETTERS: readonly string[] = [
  "\n",
  ...new Set(Object.values(NAMES).flat().join("").toLowerCase()),
];

/** For each name its steps: a letter, the language, and the next letter. */
export const SPELLINGS: readonly (readonly number[][])[] = LANGUAGES.flatMap(
  (name, language) =>
    NAMES[name]!.map((word) => {
      const tokens = [..."\n" + word.toLowerCase() + "\n"]
        .map((letter) => LETTERS.indexOf(letter));
      return tokens.slice(1).map((next, i) => [tokens[i]!, language, next]);
    }),
);

/** Whether a name is one of them. */
export function isKnown(name: string): boolean {
  return Object.values(NAMES).some((names) => names.includes(name));
}
