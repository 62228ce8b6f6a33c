// The configuration of nginx as the peer. Pure. What matters for speed is as in Debian's own nginx.conf.

export const NGINX_PORT = 80

/** Root, because .lab is closed to others. */
export function nginxConfig(address: string, folder: string, served: string): string {
  return [
    'user root;',
    'worker_processes auto;',
    'daemon off;',
    `pid ${folder}/nginx.pid;`,
    `error_log ${folder}/nginx-error.log;`,
    'events { worker_connections 768; }',
    'http {',
    '  sendfile on;',
    '  tcp_nopush on;',
    `  access_log ${folder}/nginx-access.log;`,
    '  default_type application/octet-stream;',
    `  server { listen ${address}:${NGINX_PORT}; root ${served}; }`,
    '}',
    '',
  ].join('\n')
}
