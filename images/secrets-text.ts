// Passwords and keys that configuration files hold as text, a rule for each program's form. Comments and examples pass:
// a secret is on a line of its own that the program would read.

export interface TextSecret {
  readonly rule: 'private-key' | 'password'
  /** For people; never the secret. */
  readonly seen: string
}

interface TextRule extends TextSecret {
  /** Which files; any file when it is left out. */
  readonly files?: RegExp
  /** Bytes that are there wherever the pattern fits: looked for first, since most files lack them. */
  readonly hint: string
  readonly pattern: RegExp
}

/** 32 bytes in base64. */
const KEY32 = '[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]='
const NETRC = /(^|\/)[._]netrc$|^etc\/apt\/auth\.conf(\.d\/[^/]+)?$/
const NETWORK_MANAGER = /(^|\/)(system-connections\/|.*\.nmconnection$)/
const WIRELESS = /((^|\/)(wpa_supplicant|hostapd|iwd)[^/]*(\/.*)?|^etc\/network\/interfaces.*)(?<!\.sh)$/

const RULES: readonly TextRule[] = [
  {
    rule: 'private-key',
    seen: 'a WireGuard key',
    hint: 'Key',
    pattern: new RegExp(`^[ \\t]*(PrivateKey|PresharedKey)[ \\t]*=[ \\t]*"?${KEY32}`, 'im'),
  },
  {
    rule: 'private-key',
    seen: 'a WireGuard key',
    files: /(^|\/)(wireguard\/|(?=[^/]*(wg|wireguard)))(?![^/]*pub)[^/]+$/,
    hint: '=',
    pattern: new RegExp(`^${KEY32}\\s*$`),
  },
  {
    rule: 'private-key',
    seen: 'a WireGuard key',
    files: NETWORK_MANAGER,
    hint: 'key=',
    pattern: new RegExp(`^[ \\t]*(private|preshared)-key[ \\t]*=[ \\t]*${KEY32}`, 'm'),
  },
  {
    rule: 'private-key',
    seen: 'a WireGuard key',
    hint: 'rivate',
    pattern: new RegExp(`^(?![ \\t]*(?:[#;]|//)).*private[-_]?key["']?[ \\t]*[:= \\t][ \\t]*["']?${KEY32}`, 'im'),
  },
  {
    rule: 'private-key',
    seen: 'a WireGuard key',
    files: /^etc\/netplan\//,
    hint: '=',
    pattern: new RegExp(`^[ \\t]*["']?(key|private|shared)["']?:[ \\t]*["']?${KEY32}`, 'm'),
  },
  {
    rule: 'password',
    seen: 'a CHAP password of an iSCSI target',
    files: /^etc\/(tgt|target|rtslib-fb-target)\//,
    hint: 's',
    pattern: /^[ \t]*(incoming|outgoing)user[ \t]+\S+[ \t]+\S|"chap_(mutual_)?password"\s*:\s*"[^"]/m,
  },
  {
    rule: 'password',
    seen: 'a CHAP password of iSCSI',
    hint: '.auth.password',
    pattern:
      /^[ \t]*(node\.session|discovery\.sendtargets|discovery\.isns|node\.discovery)\.auth\.password(_in)?[ \t]*=[ \t]*(?!<empty>)\S/m,
  },
  {
    rule: 'password',
    seen: 'a secret of IPsec',
    files: /(^|\/)ipsec[^/]*\.secrets(\.inc)?$|(^|\/)ipsec\.d\//,
    hint: ':',
    pattern: /^[^#\n]*:[ \t]*(PSK|XAUTH|EAP|NTLM|PIN|RSA|ECDSA)[ \t]+("[^"\n]+"|0[sx]\S+|\{|[^\s"#%]\S*[ \t]+"[^"\n]+")/im,
  },
  { rule: 'password', seen: 'a secret of IPsec', files: /(^|\/)swanctl\//, hint: 'secret', pattern: /^[ \t]*secret[ \t]*=[ \t]*[^\s#]/m },
  {
    rule: 'password',
    seen: 'a wireless or 802.1X password',
    files: WIRELESS,
    hint: 'p',
    pattern:
      /^[ \t]*(psk|wpa[-_]psk|wpa_passphrase|sae_password|password|private_key_passwd|wpa-password|Passphrase|PreSharedKey)[ \t]*[= \t][ \t]*[^\s#=]/m,
  },
  {
    rule: 'password',
    seen: 'a password of NetworkManager',
    files: NETWORK_MANAGER,
    hint: '=',
    pattern: /^[ \t]*(psk|password|leap-password|private-key-password|wep-key[0-3]|pin|secret)[ \t]*=[ \t]*\S/m,
  },
  {
    rule: 'password',
    seen: 'a password of netplan',
    files: /^etc\/netplan\//,
    hint: 'password',
    pattern: /^[ \t]*["']?(password|client-key-password)["']?:[ \t]*[^\s#]/m,
  },
  {
    rule: 'password',
    seen: 'a password of PostgreSQL',
    files: /(^|\/)\.?pgpass(\.conf)?$/,
    hint: ':',
    pattern: /^(?!#)([^:\n]*:){4}[^\s:]/m,
  },
  { rule: 'password', seen: 'a password for a server', files: NETRC, hint: 'password', pattern: /^(?![ \t]*#).*\bpassword\s+\S/m },
  {
    rule: 'password',
    seen: 'a password of MySQL',
    files: /(^|\/)(\.my\.cnf|\.mylogin\.cnf|debian\.cnf|my\.cnf|mysql\/.*\.cnf|mariadb\.conf\.d\/.*)$/,
    hint: 'password',
    pattern: /^[ \t]*password[ \t]*=[ \t]*[^\s#]/m,
  },
  {
    rule: 'password',
    seen: 'a password of a file share',
    files: /(^|\/)[^/]*cred(ential)?s?$/,
    hint: 'password',
    pattern: /^[ \t]*password[ \t]*=[ \t]*\S/m,
  },
  { rule: 'password', seen: 'a password in a URL', files: /(^|\/)\.git-credentials$/, hint: '://', pattern: /^\w+:\/\/[^\s:/]*:[^\s@]+@/m },
  {
    rule: 'password',
    seen: 'a login of a registry',
    files: /(^|\/)(\.docker\/config|\.dockercfg|containers\/auth)(\.json)?$/,
    hint: '"auth"',
    pattern: /"auth"\s*:\s*"[A-Za-z0-9+/=]{4,}"/,
  },
  {
    rule: 'password',
    seen: 'a secret of PPP',
    files: /(^|\/)ppp\/(chap|pap)-secrets$/,
    hint: '\n',
    pattern: /^[ \t]*[^\s#]+[ \t]+\S+[ \t]+(?!""|"?\*"?[ \t]|"\*")\S/m,
  },
  {
    rule: 'password',
    seen: 'a password of LDAP',
    files: /^etc\/(ldap|libnss|nslcd|pam_ldap|sssd|sudo-ldap)/,
    hint: 'b',
    pattern: /^[ \t]*(bindpw|rootbindpw|ldap_default_authtok)[ \t]*[= \t][ \t]*[^\s#=]/m,
  },
  {
    rule: 'password',
    seen: 'a secret of DRBD',
    files: /^etc\/drbd/,
    hint: 'shared-secret',
    pattern: /^[ \t]*shared-secret[ \t]+"?[^\s";]/m,
  },
  {
    rule: 'private-key',
    seen: 'a key of BIND',
    files: /^etc\/|^var\//,
    hint: 'secret "',
    pattern: /^(?![ \t]*(?:#|\/\/)).*\bsecret "[A-Za-z0-9+/]{16,}={0,2}"/m,
  },
  {
    rule: 'password',
    seen: 'an access key of AWS',
    hint: 'ecret',
    pattern: /^[ \t]*(export[ \t]+)?aws_secret_access_key[ \t]*=[ \t]*"?(?!\S*EXAMPLE)[A-Za-z0-9+/]{40}/im,
  },
  {
    rule: 'private-key',
    seen: 'a JSON Web Key with its private part',
    hint: '"kty"',
    pattern: /\{(?=[^{}]*"kty"\s*:\s*"(?:RSA|EC|OKP)")[^{}]*"d"\s*:\s*"[A-Za-z0-9_-]{40,}"/,
  },
  {
    rule: 'private-key',
    seen: 'a symmetric JSON Web Key',
    hint: '"kty"',
    pattern: /\{(?=[^{}]*"kty"\s*:\s*"oct")[^{}]*"k"\s*:\s*"[A-Za-z0-9_-]{16,}"/,
  },
  {
    rule: 'private-key',
    seen: 'a key of PuTTY',
    hint: 'PuTTY-User-Key-File',
    pattern: /^PuTTY-User-Key-File-\d: [\s\S]*^Private-Lines: \d/m,
  },
  { rule: 'private-key', seen: 'a key of age', hint: 'AGE-SECRET-KEY-1', pattern: /AGE-SECRET-KEY-1[0-9A-Z]{58}/ },
]

/** The first secret in a file of text. `whole`: all bytes, or the first MiB. */
export function textSecret(whole: Buffer, file: string): TextSecret | undefined {
  let text: string | undefined
  for (const { files, hint, pattern, rule, seen } of RULES) {
    if (files && !files.test(file)) continue
    if (!whole.includes(hint)) continue
    text ??= whole.toString('latin1')
    if (pattern.test(text)) return { rule, seen }
  }
  return undefined
}
