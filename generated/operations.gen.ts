// Made by `make generate` from openapi/dialects. Do not edit.
import type * as T from './client/types.gen.js';

/** Each dialect's operations: what a request carries, the body of each good status, and whether it asks for a credential. */
export interface Operations {
  "flashback": {
    checkOnline: { data: T.FlashbackCheckOnlineData; responses: T.FlashbackCheckOnlineResponses; credential: "none" };
    login: { data: T.FlashbackLoginData; responses: T.FlashbackLoginResponses; credential: "none" };
    refresh: { data: T.FlashbackRefreshData; responses: T.FlashbackRefreshResponses; credential: "none" };
    logout: { data: T.FlashbackLogoutData; responses: T.FlashbackLogoutResponses; credential: "none" };
    register: { data: T.FlashbackRegisterData; responses: T.FlashbackRegisterResponses; credential: "none" };
    getProfile: { data: T.FlashbackGetProfileData; responses: T.FlashbackGetProfileResponses; credential: "required" };
    preVerifyEmail: { data: T.FlashbackPreVerifyEmailData; responses: T.FlashbackPreVerifyEmailResponses; credential: "none" };
    verifyEmail: { data: T.FlashbackVerifyEmailData; responses: T.FlashbackVerifyEmailResponses; credential: "none" };
    resendVerification: { data: T.FlashbackResendVerificationData; responses: T.FlashbackResendVerificationResponses; credential: "none" };
    activate: { data: T.FlashbackActivateData; responses: T.FlashbackActivateResponses; credential: "none" };
    deactivate: { data: T.FlashbackDeactivateData; responses: T.FlashbackDeactivateResponses; credential: "required" };
    requestResetPassword: { data: T.FlashbackRequestResetPasswordData; responses: T.FlashbackRequestResetPasswordResponses; credential: "none" };
    resetPassword: { data: T.FlashbackResetPasswordData; responses: T.FlashbackResetPasswordResponses; credential: "none" };
    listTokens: { data: T.FlashbackListTokensData; responses: T.FlashbackListTokensResponses; credential: "required" };
    revokeToken: { data: T.FlashbackRevokeTokenData; responses: T.FlashbackRevokeTokenResponses; credential: "required" };
    listSessions: { data: T.FlashbackListSessionsData; responses: T.FlashbackListSessionsResponses; credential: "required" };
    revokeSession: { data: T.FlashbackRevokeSessionData; responses: T.FlashbackRevokeSessionResponses; credential: "required" };
    revokeAllSessions: { data: T.FlashbackRevokeAllSessionsData; responses: T.FlashbackRevokeAllSessionsResponses; credential: "required" };
    heartbeat: { data: T.FlashbackHeartbeatData; responses: T.FlashbackHeartbeatResponses; credential: "required" };
    getHealth: { data: T.FlashbackGetHealthData; responses: T.FlashbackGetHealthResponses; credential: "none" };
  };
  "latchkey": {
    getLiveness: { data: T.LatchkeyGetLivenessData; responses: T.LatchkeyGetLivenessResponses; credential: "none" };
    getReadiness: { data: T.LatchkeyGetReadinessData; responses: T.LatchkeyGetReadinessResponses; credential: "none" };
    getJwks: { data: T.LatchkeyGetJwksData; responses: T.LatchkeyGetJwksResponses; credential: "none" };
    signUp: { data: T.LatchkeySignUpData; responses: T.LatchkeySignUpResponses; credential: "none" };
    requestEmailVerification: { data: T.LatchkeyRequestEmailVerificationData; responses: T.LatchkeyRequestEmailVerificationResponses; credential: "none" };
    confirmEmail: { data: T.LatchkeyConfirmEmailData; responses: T.LatchkeyConfirmEmailResponses; credential: "none" };
    requestPasswordReset: { data: T.LatchkeyRequestPasswordResetData; responses: T.LatchkeyRequestPasswordResetResponses; credential: "none" };
    resetPassword: { data: T.LatchkeyResetPasswordData; responses: T.LatchkeyResetPasswordResponses; credential: "none" };
    activateAccount: { data: T.LatchkeyActivateAccountData; responses: T.LatchkeyActivateAccountResponses; credential: "none" };
    getAccount: { data: T.LatchkeyGetAccountData; responses: T.LatchkeyGetAccountResponses; credential: "required" };
    changeAccount: { data: T.LatchkeyChangeAccountData; responses: T.LatchkeyChangeAccountResponses; credential: "required" };
    changeEmail: { data: T.LatchkeyChangeEmailData; responses: T.LatchkeyChangeEmailResponses; credential: "required" };
    changePassword: { data: T.LatchkeyChangePasswordData; responses: T.LatchkeyChangePasswordResponses; credential: "required" };
    deleteAccount: { data: T.LatchkeyDeleteAccountData; responses: T.LatchkeyDeleteAccountResponses; credential: "required" };
    getOrganization: { data: T.LatchkeyGetOrganizationData; responses: T.LatchkeyGetOrganizationResponses; credential: "required" };
    rotatePythOnApiKey: { data: T.LatchkeyRotatePythOnApiKeyData; responses: T.LatchkeyRotatePythOnApiKeyResponses; credential: "required" };
    listSessions: { data: T.LatchkeyListSessionsData; responses: T.LatchkeyListSessionsResponses; credential: "required" };
    signIn: { data: T.LatchkeySignInData; responses: T.LatchkeySignInResponses; credential: "optional" };
    refreshSession: { data: T.LatchkeyRefreshSessionData; responses: T.LatchkeyRefreshSessionResponses; credential: "none" };
    endSessions: { data: T.LatchkeyEndSessionsData; responses: T.LatchkeyEndSessionsResponses; credential: "required" };
    signOut: { data: T.LatchkeySignOutData; responses: T.LatchkeySignOutResponses; credential: "required" };
    endSession: { data: T.LatchkeyEndSessionData; responses: T.LatchkeyEndSessionResponses; credential: "required" };
    listApiKeys: { data: T.LatchkeyListApiKeysData; responses: T.LatchkeyListApiKeysResponses; credential: "required" };
    createApiKey: { data: T.LatchkeyCreateApiKeyData; responses: T.LatchkeyCreateApiKeyResponses; credential: "required" };
    deleteApiKey: { data: T.LatchkeyDeleteApiKeyData; responses: T.LatchkeyDeleteApiKeyResponses; credential: "required" };
    rotateApiKey: { data: T.LatchkeyRotateApiKeyData; responses: T.LatchkeyRotateApiKeyResponses; credential: "required" };
    searchAccounts: { data: T.LatchkeySearchAccountsData; responses: T.LatchkeySearchAccountsResponses; credential: "required" };
    inviteAccount: { data: T.LatchkeyInviteAccountData; responses: T.LatchkeyInviteAccountResponses; credential: "required" };
    findAccount: { data: T.LatchkeyFindAccountData; responses: T.LatchkeyFindAccountResponses; credential: "required" };
    changeAccountStatus: { data: T.LatchkeyChangeAccountStatusData; responses: T.LatchkeyChangeAccountStatusResponses; credential: "required" };
    startPasswordReset: { data: T.LatchkeyStartPasswordResetData; responses: T.LatchkeyStartPasswordResetResponses; credential: "required" };
    endSessionsOf: { data: T.LatchkeyEndSessionsOfData; responses: T.LatchkeyEndSessionsOfResponses; credential: "required" };
    readAuditTrail: { data: T.LatchkeyReadAuditTrailData; responses: T.LatchkeyReadAuditTrailResponses; credential: "required" };
    introspectToken: { data: T.LatchkeyIntrospectTokenData; responses: T.LatchkeyIntrospectTokenResponses; credential: "required" };
    revokeToken: { data: T.LatchkeyRevokeTokenData; responses: T.LatchkeyRevokeTokenResponses; credential: "required" };
  };
  "pixyle": {
    login: { data: T.PixyleLoginData; responses: T.PixyleLoginResponses; credential: "none" };
    revokeAccess: { data: T.PixyleRevokeAccessData; responses: T.PixyleRevokeAccessResponses; credential: "required" };
    refresh: { data: T.PixyleRefreshData; responses: T.PixyleRefreshResponses; credential: "none" };
    revokeRefresh: { data: T.PixyleRevokeRefreshData; responses: T.PixyleRevokeRefreshResponses; credential: "none" };
  };
  "puppilot": {
    login: { data: T.PuppilotLoginData; responses: T.PuppilotLoginResponses; credential: "none" };
    refreshToken: { data: T.PuppilotRefreshTokenData; responses: T.PuppilotRefreshTokenResponses; credential: "none" };
    getMe: { data: T.PuppilotGetMeData; responses: T.PuppilotGetMeResponses; credential: "required" };
    requestPasswordReset: { data: T.PuppilotRequestPasswordResetData; responses: T.PuppilotRequestPasswordResetResponses; credential: "none" };
    resetPassword: { data: T.PuppilotResetPasswordData; responses: T.PuppilotResetPasswordResponses; credential: "none" };
    agentsSignIn: { data: T.PuppilotAgentsSignInData; responses: T.PuppilotAgentsSignInResponses; credential: "none" };
    changePassword: { data: T.PuppilotChangePasswordData; responses: T.PuppilotChangePasswordResponses; credential: "required" };
    getOrganization: { data: T.PuppilotGetOrganizationData; responses: T.PuppilotGetOrganizationResponses; credential: "required" };
  };
  "px0": {
    register: { data: T.Px0RegisterData; responses: T.Px0RegisterResponses; credential: "optional" };
    login: { data: T.Px0LoginData; responses: T.Px0LoginResponses; credential: "none" };
    triggerVerificationEmail: { data: T.Px0TriggerVerificationEmailData; responses: T.Px0TriggerVerificationEmailResponses; credential: "none" };
    verifyEmail: { data: T.Px0VerifyEmailData; responses: T.Px0VerifyEmailResponses; credential: "none" };
    triggerPasswordReset: { data: T.Px0TriggerPasswordResetData; responses: T.Px0TriggerPasswordResetResponses; credential: "none" };
    resetPassword: { data: T.Px0ResetPasswordData; responses: T.Px0ResetPasswordResponses; credential: "none" };
    logout: { data: T.Px0LogoutData; responses: T.Px0LogoutResponses; credential: "optional" };
    listSessions: { data: T.Px0ListSessionsData; responses: T.Px0ListSessionsResponses; credential: "required" };
    revokeSession: { data: T.Px0RevokeSessionData; responses: T.Px0RevokeSessionResponses; credential: "required" };
    getMe: { data: T.Px0GetMeData; responses: T.Px0GetMeResponses; credential: "required" };
    updateMe: { data: T.Px0UpdateMeData; responses: T.Px0UpdateMeResponses; credential: "required" };
    deleteMe: { data: T.Px0DeleteMeData; responses: T.Px0DeleteMeResponses; credential: "required" };
    changePassword: { data: T.Px0ChangePasswordData; responses: T.Px0ChangePasswordResponses; credential: "required" };
    listUserOrgs: { data: T.Px0ListUserOrgsData; responses: T.Px0ListUserOrgsResponses; credential: "required" };
    listApiKeys: { data: T.Px0ListApiKeysData; responses: T.Px0ListApiKeysResponses; credential: "required" };
    createApiKey: { data: T.Px0CreateApiKeyData; responses: T.Px0CreateApiKeyResponses; credential: "required" };
    updateApiKey: { data: T.Px0UpdateApiKeyData; responses: T.Px0UpdateApiKeyResponses; credential: "required" };
    deleteApiKey: { data: T.Px0DeleteApiKeyData; responses: T.Px0DeleteApiKeyResponses; credential: "required" };
    regenerateApiKey: { data: T.Px0RegenerateApiKeyData; responses: T.Px0RegenerateApiKeyResponses; credential: "required" };
    healthCheck: { data: T.Px0HealthCheckData; responses: T.Px0HealthCheckResponses; credential: "none" };
  };
  "pyth-on": {
    register: { data: T.PythOnRegisterData; responses: T.PythOnRegisterResponses; credential: "none" };
    login: { data: T.PythOnLoginData; responses: T.PythOnLoginResponses; credential: "none" };
    verifyToken: { data: T.PythOnVerifyTokenData; responses: T.PythOnVerifyTokenResponses; credential: "required" };
    refreshToken: { data: T.PythOnRefreshTokenData; responses: T.PythOnRefreshTokenResponses; credential: "required" };
    getHealth: { data: T.PythOnGetHealthData; responses: T.PythOnGetHealthResponses; credential: "none" };
    getInfo: { data: T.PythOnGetInfoData; responses: T.PythOnGetInfoResponses; credential: "none" };
    executeCode: { data: T.PythOnExecuteCodeData; responses: T.PythOnExecuteCodeResponses; credential: "required" };
    putSecret: { data: T.PythOnPutSecretData; responses: T.PythOnPutSecretResponses; credential: "required" };
    deleteSecret: { data: T.PythOnDeleteSecretData; responses: T.PythOnDeleteSecretResponses; credential: "required" };
    listSecrets: { data: T.PythOnListSecretsData; responses: T.PythOnListSecretsResponses; credential: "required" };
    getAuditLog: { data: T.PythOnGetAuditLogData; responses: T.PythOnGetAuditLogResponses; credential: "required" };
    generateCode: { data: T.PythOnGenerateCodeData; responses: T.PythOnGenerateCodeResponses; credential: "required" };
    listPackages: { data: T.PythOnListPackagesData; responses: T.PythOnListPackagesResponses; credential: "required" };
    setPackages: { data: T.PythOnSetPackagesData; responses: T.PythOnSetPackagesResponses; credential: "required" };
    addPackage: { data: T.PythOnAddPackageData; responses: T.PythOnAddPackageResponses; credential: "required" };
    removePackage: { data: T.PythOnRemovePackageData; responses: T.PythOnRemovePackageResponses; credential: "required" };
    encryptCode: { data: T.PythOnEncryptCodeData; responses: T.PythOnEncryptCodeResponses; credential: "required" };
    putEncryptedCode: { data: T.PythOnPutEncryptedCodeData; responses: T.PythOnPutEncryptedCodeResponses; credential: "required" };
    deleteEncryptedCode: { data: T.PythOnDeleteEncryptedCodeData; responses: T.PythOnDeleteEncryptedCodeResponses; credential: "required" };
    listEncryptedCode: { data: T.PythOnListEncryptedCodeData; responses: T.PythOnListEncryptedCodeResponses; credential: "required" };
    executeEncryptedCode: { data: T.PythOnExecuteEncryptedCodeData; responses: T.PythOnExecuteEncryptedCodeResponses; credential: "required" };
  };
}

/** Where each operation is served. */
export const routes = [
  {"dialect":"flashback","operation":"checkOnline","method":"GET","path":"/","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"login","method":"POST","path":"/user/login","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"refresh","method":"POST","path":"/user/refresh","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"logout","method":"POST","path":"/user/logout","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"register","method":"POST","path":"/user/register","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"getProfile","method":"GET","path":"/user/profile","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"preVerifyEmail","method":"POST","path":"/user/pre-verify-email","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"verifyEmail","method":"POST","path":"/user/verify-email","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"resendVerification","method":"POST","path":"/user/resend-verification/{verificationTokenId}","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"activate","method":"POST","path":"/user/activate","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"deactivate","method":"POST","path":"/user/deactivate","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"requestResetPassword","method":"POST","path":"/user/request-reset-password","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"resetPassword","method":"POST","path":"/user/reset-password","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"listTokens","method":"GET","path":"/token","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"revokeToken","method":"DELETE","path":"/token/{tokenId}","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"listSessions","method":"GET","path":"/sessions","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"revokeSession","method":"POST","path":"/sessions/{id}/revoke","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"revokeAllSessions","method":"POST","path":"/sessions/revoke-all","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"heartbeat","method":"POST","path":"/sessions/{id}/heartbeat","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"flashback","operation":"getHealth","method":"GET","path":"/health","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"getLiveness","method":"GET","path":"/livez","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"getReadiness","method":"GET","path":"/readyz","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"getJwks","method":"GET","path":"/.well-known/jwks.json","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"signUp","method":"POST","path":"/latchkey/v1/sign-up","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"requestEmailVerification","method":"POST","path":"/latchkey/v1/email-verification","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"confirmEmail","method":"POST","path":"/latchkey/v1/email-verification/confirm","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"requestPasswordReset","method":"POST","path":"/latchkey/v1/password-reset","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"resetPassword","method":"POST","path":"/latchkey/v1/password-reset/confirm","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"activateAccount","method":"POST","path":"/latchkey/v1/activation","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"getAccount","method":"GET","path":"/latchkey/v1/account","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"changeAccount","method":"PATCH","path":"/latchkey/v1/account","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"changeEmail","method":"PUT","path":"/latchkey/v1/account/email","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"changePassword","method":"PUT","path":"/latchkey/v1/account/password","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"deleteAccount","method":"POST","path":"/latchkey/v1/account/deletion","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"getOrganization","method":"GET","path":"/latchkey/v1/account/organization","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"rotatePythOnApiKey","method":"POST","path":"/latchkey/v1/account/pyth-on-api-key/rotate","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"listSessions","method":"GET","path":"/latchkey/v1/sessions","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"signIn","method":"POST","path":"/latchkey/v1/sessions","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"refreshSession","method":"POST","path":"/latchkey/v1/sessions/refresh","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"endSessions","method":"POST","path":"/latchkey/v1/sessions/end","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"signOut","method":"DELETE","path":"/latchkey/v1/sessions/current","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"endSession","method":"DELETE","path":"/latchkey/v1/sessions/{id}","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"listApiKeys","method":"GET","path":"/latchkey/v1/api-keys","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"createApiKey","method":"POST","path":"/latchkey/v1/api-keys","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"deleteApiKey","method":"DELETE","path":"/latchkey/v1/api-keys/{id}","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"rotateApiKey","method":"POST","path":"/latchkey/v1/api-keys/{id}/rotate","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"searchAccounts","method":"GET","path":"/latchkey/v1/operator/accounts","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"inviteAccount","method":"POST","path":"/latchkey/v1/operator/accounts","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"findAccount","method":"GET","path":"/latchkey/v1/operator/accounts/{id}","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"changeAccountStatus","method":"PUT","path":"/latchkey/v1/operator/accounts/{id}/status","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"startPasswordReset","method":"POST","path":"/latchkey/v1/operator/accounts/{id}/password-reset","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"endSessionsOf","method":"POST","path":"/latchkey/v1/operator/accounts/{id}/sessions/end","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"readAuditTrail","method":"GET","path":"/latchkey/v1/operator/audit","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"introspectToken","method":"POST","path":"/latchkey/v1/introspect","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/x-www-form-urlencoded","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"latchkey","operation":"revokeToken","method":"POST","path":"/latchkey/v1/revoke","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/x-www-form-urlencoded","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pixyle","operation":"login","method":"POST","path":"/auth/v1/token","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pixyle","operation":"revokeAccess","method":"DELETE","path":"/auth/v1/revoke_access","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pixyle","operation":"refresh","method":"POST","path":"/auth/v1/refresh","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pixyle","operation":"revokeRefresh","method":"DELETE","path":"/auth/v1/revoke_refresh","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"puppilot","operation":"login","method":"POST","path":"/auth/login","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"puppilot","operation":"refreshToken","method":"POST","path":"/auth/refresh-token","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"puppilot","operation":"getMe","method":"GET","path":"/users/me","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"puppilot","operation":"requestPasswordReset","method":"POST","path":"/auth/request-password-reset","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"puppilot","operation":"resetPassword","method":"POST","path":"/auth/reset-password","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"puppilot","operation":"agentsSignIn","method":"POST","path":"/auth/sign-in","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"puppilot","operation":"changePassword","method":"PATCH","path":"/users/change-password","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"puppilot","operation":"getOrganization","method":"GET","path":"/organizations/get","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"register","method":"POST","path":"/v1/auth/register","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"login","method":"POST","path":"/v1/auth/login","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"triggerVerificationEmail","method":"GET","path":"/v1/auth/verify-email","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"verifyEmail","method":"POST","path":"/v1/auth/verify-email","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"triggerPasswordReset","method":"POST","path":"/v1/auth/password-reset/trigger","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"resetPassword","method":"POST","path":"/v1/auth/password-reset/reset","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"logout","method":"DELETE","path":"/v1/auth/session","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"listSessions","method":"GET","path":"/v1/auth/sessions","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"revokeSession","method":"DELETE","path":"/v1/auth/sessions/{sessionID}","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"getMe","method":"GET","path":"/v1/auth/me","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"updateMe","method":"PUT","path":"/v1/auth/me","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"deleteMe","method":"DELETE","path":"/v1/auth/me","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"changePassword","method":"POST","path":"/v1/auth/me/change-password","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"listUserOrgs","method":"GET","path":"/v1/me/orgs","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"listApiKeys","method":"GET","path":"/v1/api-keys","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"createApiKey","method":"POST","path":"/v1/api-keys","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"updateApiKey","method":"PUT","path":"/v1/api-keys/{id}","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"deleteApiKey","method":"DELETE","path":"/v1/api-keys/{id}","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"regenerateApiKey","method":"POST","path":"/v1/api-keys/{id}/regenerate","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"px0","operation":"healthCheck","method":"GET","path":"/v1/health","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pyth-on","operation":"register","method":"POST","path":"/api/register","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pyth-on","operation":"login","method":"POST","path":"/api/login","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pyth-on","operation":"verifyToken","method":"POST","path":"/api/verify","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pyth-on","operation":"refreshToken","method":"POST","path":"/api/refresh","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pyth-on","operation":"getHealth","method":"GET","path":"/api/health","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pyth-on","operation":"getInfo","method":"GET","path":"/api","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pyth-on","operation":"executeCode","method":"POST","path":"/api/v1/execute","maxBodyBytes":1048576,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":150,"hasEvents":true},
  {"dialect":"pyth-on","operation":"putSecret","method":"PUT","path":"/api/v1/secrets/{name}","maxBodyBytes":524288,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pyth-on","operation":"deleteSecret","method":"DELETE","path":"/api/v1/secrets/{name}","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pyth-on","operation":"listSecrets","method":"GET","path":"/api/v1/secrets","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pyth-on","operation":"getAuditLog","method":"GET","path":"/api/v1/audit","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pyth-on","operation":"generateCode","method":"POST","path":"/api/v1/generate","maxBodyBytes":65536,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":330,"hasEvents":true},
  {"dialect":"pyth-on","operation":"listPackages","method":"GET","path":"/api/v1/packages","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pyth-on","operation":"setPackages","method":"PUT","path":"/api/v1/packages","maxBodyBytes":65536,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":240,"hasEvents":false},
  {"dialect":"pyth-on","operation":"addPackage","method":"POST","path":"/api/v1/packages","maxBodyBytes":16384,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":60,"hasEvents":false},
  {"dialect":"pyth-on","operation":"removePackage","method":"DELETE","path":"/api/v1/packages/{name}","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pyth-on","operation":"encryptCode","method":"POST","path":"/api/v1/zk/encrypt","maxBodyBytes":1048576,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pyth-on","operation":"putEncryptedCode","method":"PUT","path":"/api/v1/zk/code/{name}","maxBodyBytes":720896,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pyth-on","operation":"deleteEncryptedCode","method":"DELETE","path":"/api/v1/zk/code/{name}","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pyth-on","operation":"listEncryptedCode","method":"GET","path":"/api/v1/zk/code","maxBodyBytes":0,"bodyRequired":false,"bodyType":null,"deadlineSeconds":null,"hasEvents":false},
  {"dialect":"pyth-on","operation":"executeEncryptedCode","method":"POST","path":"/api/v1/zk/execute/{name}","maxBodyBytes":524288,"bodyRequired":true,"bodyType":"application/json","deadlineSeconds":150,"hasEvents":true},
] as const;
