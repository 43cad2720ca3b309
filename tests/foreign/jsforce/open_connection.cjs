'use strict';
// What every suite needs: the org's details from the environment, and a connection with a session of its own.
const jsforce = require('jsforce');

const org = JSON.parse(process.env.PLAYGROUND);
const oauth2 = { loginUrl: org.url, clientId: org.client_id, clientSecret: org.client_secret };
const version = '67.0';

async function openConnection() {
  const connection = new jsforce.Connection({ loginUrl: org.url, oauth2, version });
  await connection.login(org.username, org.password + org.security_token);
  return connection;
}

// Rows whose names nobody else uses.
function contacts(name, count) {
  return Array.from({ length: count }, (_, number) => ({
    LastName: `${name} ${number}`,
    Email: `${name.toLowerCase().replaceAll(' ', '.')}.${number}@example.com`,
  }));
}

module.exports = { jsforce, org, oauth2, version, openConnection, contacts };
