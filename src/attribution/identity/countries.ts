// ISO 3166-1: every assigned alpha-2 code with its alpha-3 one, and the names people write instead.

const CODES = `
ad:and ae:are af:afg ag:atg ai:aia al:alb am:arm ao:ago aq:ata ar:arg as:asm at:aut au:aus aw:abw
ax:ala az:aze ba:bih bb:brb bd:bgd be:bel bf:bfa bg:bgr bh:bhr bi:bdi bj:ben bl:blm bm:bmu bn:brn
bo:bol bq:bes br:bra bs:bhs bt:btn bv:bvt bw:bwa by:blr bz:blz ca:can cc:cck cd:cod cf:caf cg:cog
ch:che ci:civ ck:cok cl:chl cm:cmr cn:chn co:col cr:cri cu:cub cv:cpv cw:cuw cx:cxr cy:cyp cz:cze
de:deu dj:dji dk:dnk dm:dma do:dom dz:dza ec:ecu ee:est eg:egy eh:esh er:eri es:esp et:eth fi:fin
fj:fji fk:flk fm:fsm fo:fro fr:fra ga:gab gb:gbr gd:grd ge:geo gf:guf gg:ggy gh:gha gi:gib gl:grl
gm:gmb gn:gin gp:glp gq:gnq gr:grc gs:sgs gt:gtm gu:gum gw:gnb gy:guy hk:hkg hm:hmd hn:hnd hr:hrv
ht:hti hu:hun id:idn ie:irl il:isr im:imn in:ind io:iot iq:irq ir:irn is:isl it:ita je:jey jm:jam
jo:jor jp:jpn ke:ken kg:kgz kh:khm ki:kir km:com kn:kna kp:prk kr:kor kw:kwt ky:cym kz:kaz la:lao
lb:lbn lc:lca li:lie lk:lka lr:lbr ls:lso lt:ltu lu:lux lv:lva ly:lby ma:mar mc:mco md:mda me:mne
mf:maf mg:mdg mh:mhl mk:mkd ml:mli mm:mmr mn:mng mo:mac mp:mnp mq:mtq mr:mrt ms:msr mt:mlt mu:mus
mv:mdv mw:mwi mx:mex my:mys mz:moz na:nam nc:ncl ne:ner nf:nfk ng:nga ni:nic nl:nld no:nor np:npl
nr:nru nu:niu nz:nzl om:omn pa:pan pe:per pf:pyf pg:png ph:phl pk:pak pl:pol pm:spm pn:pcn pr:pri
ps:pse pt:prt pw:plw py:pry qa:qat re:reu ro:rou rs:srb ru:rus rw:rwa sa:sau sb:slb sc:syc sd:sdn
se:swe sg:sgp sh:shn si:svn sj:sjm sk:svk sl:sle sm:smr sn:sen so:som sr:sur ss:ssd st:stp sv:slv
sx:sxm sy:syr sz:swz tc:tca td:tcd tf:atf tg:tgo th:tha tj:tjk tk:tkl tl:tls tm:tkm tn:tun to:ton
tr:tur tt:tto tv:tuv tw:twn tz:tza ua:ukr ug:uga um:umi us:usa uy:ury uz:uzb va:vat vc:vct ve:ven
vg:vgb vi:vir vn:vnm vu:vut wf:wlf ws:wsm ye:yem yt:myt za:zaf zm:zmb zw:zwe`
  .trim()
  .split(/\s+/)
  .map((pair): [string, string] => [pair.slice(0, 2), pair.slice(3)]);

const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

const OTHER_NAMES: [string, string][] = [
  ['uk', 'gb'],
  ['greatbritain', 'gb'],
  ['england', 'gb'],
  ['scotland', 'gb'],
  ['wales', 'gb'],
  ['northernireland', 'gb'],
  ['unitedstatesofamerica', 'us'],
  ['america', 'us'],
  ['ivorycoast', 'ci'],
  ['macedonia', 'mk'],
  ['burma', 'mm'],
  ['swaziland', 'sz'],
  ['macau', 'mo'],
  ['palestine', 'ps'],
  ['easttimor', 'tl'],
  ['vatican', 'va'],
  ['democraticrepublicofthecongo', 'cd'],
  ['turkey', 'tr'],
  ['czechrepublic', 'cz'],
  ['holland', 'nl'],
  ['thenetherlands', 'nl'],
  ['southkorea', 'kr'],
  ['republicofkorea', 'kr'],
  ['russianfederation', 'ru'],
  ['vietnam', 'vn'],
  ['uae', 'ae'],
  ['hongkong', 'hk'],
];

const BY_NAME: ReadonlyMap<string, string> = new Map([
  ...CODES.map(([code]): [string, string] => [plain(names.of(code.toUpperCase()) ?? code), code]),
  ...CODES.map(([code, alpha3]): [string, string] => [alpha3, code]),
  ...CODES.map(([code]): [string, string] => [code, code]),
  ...OTHER_NAMES,
]);

/** In these people write the name of their own country, and of others. */
const LANGUAGES = 'de fr es it pt nl pl sv da fi cs hu ro tr el ru uk ja ko zh ar'.split(' ');

let byOwnName: ReadonlyMap<string, string> | null = null;

/**
 * ISO alpha-2 in lower case for a code or a name, in English or one of the languages above, else
 * null.
 */
export function countryCode(value: string): string | null {
  const code = BY_NAME.get(value) ?? BY_NAME.get(value.toLowerCase());
  if (code !== undefined) return code;
  const name = plain(value);
  const known = BY_NAME.get(name);
  if (known !== undefined || name === '') return known ?? null;
  // Thousands of names, wanted by few: not before the first of them comes.
  byOwnName ??= ownNames();
  return byOwnName.get(name) ?? null;
}

function ownNames(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const language of LANGUAGES) {
    const local = new Intl.DisplayNames([language], { type: 'region', fallback: 'none' });
    for (const [code] of CODES) {
      const name = plain(local.of(code.toUpperCase()) ?? code);
      if (!found.has(name)) found.set(name, code);
    }
  }
  return found;
}

/** Letters only; "&" and "and", "St." and "Saint" are the same. */
function plain(value: string): string {
  return value
    .normalize('NFD')
    .toLowerCase()
    .replace(/\band\b|^\s*saint\b/gu, (word) => (word.trim() === 'saint' ? 'st' : ''))
    .replace(/[^\p{L}]/gu, '');
}
