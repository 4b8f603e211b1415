import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { FatalError } from '../../src/errors.js';
import { VivenuHTTPClient } from '../../src/source/client.js';

/** Signed by itself for localhost, made for this test alone, valid until 2126. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUY0j/071vwn+n0nLqaoFkKW1NyF8wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzEyMzYzOFoYDzIxMjYxMDMw
MTIzNjM4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARu8RcEiVOzML42Wh2qUhs/OdB4gxlra9m2tR+rAYTm+EL3aYNIntJT
faZLh/O54q9GXLXHszBZFZtoMKN/WyvTo28wbTAdBgNVHQ4EFgQUbjFbJrr+U9Np
8OLGsjyVDCLSk3MwHwYDVR0jBBgwFoAUbjFbJrr+U9Np8OLGsjyVDCLSk3MwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgbHVGQe6soXDZtL5XLrH7pvyxYW9jJ5ZzSMWkSh510bcCIQDj
4e+wCXSLtx6auK6mteMlvV6+Cmodowa3z7ktKeaqiQ==
-----END CERTIFICATE-----`;
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFp/sdMVDNIm2ySAf
EMs84oJTw4tZDnrxDhnxTS+pOuGhRANCAARu8RcEiVOzML42Wh2qUhs/OdB4gxlr
a9m2tR+rAYTm+EL3aYNIntJTfaZLh/O54q9GXLXHszBZFZtoMKN/WyvT
-----END PRIVATE KEY-----`;

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of cleanup.splice(0).reverse()) await end();
});

async function setup() {
  let requests = 0;
  const server = createServer({ cert: CERTIFICATE, key: KEY }, (_, response) => {
    requests++;
    response.end('{"rows":[],"total":0}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const baseUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  const open = (insecure: boolean) => {
    const client = new VivenuHTTPClient({ token: 'key_0123456789abcdef', baseUrl, insecure, backoffMs: 1 });
    cleanup.push(() => client.close());
    return client;
  };
  return { open, requests: () => requests };
}

test('a certificate that nobody vouches for is a FatalError, and the key is not sent', async () => {
  const { open, requests } = await setup();
  const error: unknown = await open(false)
    .getEvents()
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FatalError);
  expect(String(error)).toMatch(/DEPTH_ZERO_SELF_SIGNED_CERT.*HTTP_INSECURE_HOSTS/);
  expect(requests()).toBe(0);
});

test('it is accepted by the client that was told to, and by no other client of the same host', async () => {
  const { open, requests } = await setup();
  const insecure = open(true);
  expect((await insecure.getEvents()).total).toBe(0);
  await expect(open(false).getEvents()).rejects.toThrow(FatalError);
  expect((await insecure.getEvents()).total).toBe(0);
  expect(requests()).toBe(2);
});
