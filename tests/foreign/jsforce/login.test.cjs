'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { jsforce, org, oauth2, version, openConnection } = require('./open_connection.cjs');

const secret = org.password + org.security_token;

test('the password flow of OAuth opens a session', async () => {
  const connection = new jsforce.Connection({ loginUrl: org.url, oauth2, version });
  const user = await connection.login(org.username, secret);
  assert.equal(user.organizationId, org.organization_id);
  assert.equal(connection.instanceUrl, org.url);
  await connection.query('SELECT Id FROM Account LIMIT 1');
});

test('the SOAP login opens one up to version 64, and ends it', async () => {
  const connection = new jsforce.Connection({ loginUrl: org.url, version: '64.0' });
  const user = await connection.loginBySoap(org.username, secret);
  assert.equal(user.organizationId, org.organization_id);
  assert.equal((await connection.query('SELECT Id FROM Account LIMIT 1')).totalSize, 1);
  const token = connection.accessToken;
  await connection.logout();
  const after = new jsforce.Connection({ instanceUrl: org.url, accessToken: token, version });
  await assert.rejects(after.query('SELECT Id FROM Account'), { errorCode: 'INVALID_SESSION_ID' });
});

test('the SOAP login is refused from version 65 on, and for a wrong password', async () => {
  const late = new jsforce.Connection({ loginUrl: org.url, version: '65.0' });
  await assert.rejects(late.loginBySoap(org.username, secret), /INVALID_OPERATION|not supported|not available/i);
  const wrong = new jsforce.Connection({ loginUrl: org.url, version: '64.0' });
  await assert.rejects(wrong.loginBySoap(org.username, 'wrong'), /INVALID_LOGIN/);
  const oauth = new jsforce.Connection({ loginUrl: org.url, oauth2, version });
  await assert.rejects(oauth.login(org.username, 'wrong'), { name: 'invalid_grant' });
});

test('client credentials open a session for the user of the app', async () => {
  const connection = new jsforce.Connection({ loginUrl: org.url, oauth2, version });
  await connection.authorize({ grant_type: 'client_credentials' });
  assert.equal((await connection.identity()).organization_id, org.organization_id);
});

test('a refresh token renews a session that has ended, unseen by the caller', async () => {
  const connection = new jsforce.Connection({
    oauth2,
    instanceUrl: org.url,
    accessToken: `${org.organization_id.slice(0, 15)}!ended`,
    refreshToken: org.refresh_token,
    version,
  });
  const renewed = [];
  connection.on('refresh', (token) => renewed.push(token));
  assert.equal((await connection.query('SELECT Id FROM Account LIMIT 1')).totalSize, 1);
  assert.equal(renewed.length, 1);
});

test('a revoked token opens nothing any more', async () => {
  const connection = await openConnection();
  const token = connection.accessToken;
  await connection.logout();
  const after = new jsforce.Connection({ instanceUrl: org.url, accessToken: token, version });
  await assert.rejects(after.identity(), { errorCode: 'INVALID_SESSION_ID' });
});

test('the identity tells who and where', async () => {
  const connection = await openConnection();
  const identity = await connection.identity();
  assert.equal(identity.username, org.username);
  assert.equal(identity.organization_id, org.organization_id);
  assert.ok(identity.urls.rest.endsWith('/services/data/v{version}/'));
});
