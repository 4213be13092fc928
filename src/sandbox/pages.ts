import { AVATAR_PATH } from './avatar.ts';
import { faultHelp } from './named-faults/fault-help.ts';
import { FAULTS_PATH } from './named-faults/serve-faults.ts';
import { USER_TOKENS_PATH } from './user-tokens.ts';

export interface InfoPageFacts {
  readonly url: string;
  readonly peopleCount: number;
  readonly pluginId: string;
  readonly pluginSecret: string;
  readonly callsPerSecond: number;
}

/** What a person sees who opens the sandbox in a browser. */
export function infoPage({ url, peopleCount, pluginId, pluginSecret, callsPerSecond }: InfoPageFacts): string {
  return `A sandbox of the Lark Project (Feishu Project, Meegle) user API, with ${peopleCount} people.
It listens on ${url} and knows nobody else: nothing that happens here reaches the vendor.

plugin id      ${pluginId}
plugin secret  ${pluginSecret}

POST /open_api/authen/plugin_token   {"plugin_id", "plugin_secret", "type": 0 official (also without), 1 virtual}
POST /open_api/user/query            X-PLUGIN-TOKEN; one of {"user_keys"}, {"out_ids"}, {"emails", "tenant_key"},
                                     up to 100 identifiers, ${callsPerSecond} calls a second for one token
GET  /_sandbox/calls                 the calls received, without identifiers; DELETE forgets them
POST ${FAULTS_PATH}                {"name": "latency", "ms": 2000, "share": 0.2} or a list: to rehearse an outage;
                                     GET tells what is on, DELETE ends all
POST ${USER_TOKENS_PATH}           {"user_key"}: a user access token for X-PLUGIN-TOKEN, which acts for that person;
                                     DELETE with {"token"} revokes it, or any other
GET  ${AVATAR_PATH}<user_key>.svg   a person's picture
GET  /_sandbox                       this page

All below /_sandbox but pictures takes requests of this machine only; what is sent there is application/json.

${faultHelp()}`;
}
