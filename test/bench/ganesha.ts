// The configuration of nfs-ganesha as the peer. Pure. Everything that it does not name is Debian's default.

export const GANESHA_NFS_PORT = 2049
/** Ganesha answers MOUNT on a port of its own: with one port for both, its listener knows only NFS. */
export const GANESHA_MOUNT_PORT = 20048
export const GANESHA_EXPORT = '/dom0'

/** Exports one folder read-only over NFSv3 and TCP to whoever asks, root stays root: what our server does. */
export function ganeshaConfig(folder: string): string {
  return [
    'NFS_CORE_PARAM {',
    '  Protocols = 3;',
    `  NFS_Port = ${GANESHA_NFS_PORT};`,
    `  MNT_Port = ${GANESHA_MOUNT_PORT};`,
    '  Enable_NLM = false;',
    '  Enable_RQUOTA = false;',
    '  mount_path_pseudo = true;',
    '}',
    'NFSV4 { Graceless = true; }',
    'NFS_KRB5 { Active_krb5 = false; }',
    'EXPORT {',
    '  Export_Id = 1;',
    `  Path = "${folder}";`,
    `  Pseudo = ${GANESHA_EXPORT};`,
    '  Access_Type = RO;',
    '  Squash = No_Root_Squash;',
    '  SecType = sys;',
    '  Protocols = 3;',
    '  Transports = TCP;',
    '  FSAL { Name = VFS; }',
    '}',
    '',
  ].join('\n')
}

/**
 * Our initramfs mounts with `port=P,mountport=P` of `hl.root=nfs:P:PATH`. Of an option that comes twice the kernel takes the last
 * one, so the other port is smuggled in behind the first: `port=2049,mountport=20048,mountport=2049,mountport=20048`.
 */
export function ganeshaRootWord(): string {
  return `hl.root=nfs:${GANESHA_NFS_PORT},mountport=${GANESHA_MOUNT_PORT}:${GANESHA_EXPORT}`
}

/** For libnfs' utilities. */
export function ganeshaUrl(address: string): string {
  return `nfs://${address}${GANESHA_EXPORT}?version=3&nfsport=${GANESHA_NFS_PORT}&mountport=${GANESHA_MOUNT_PORT}`
}
