#include "api/routes.h"

#include "api/resource.h"
#include "proto/sheet.h"
#include "store/picture.h"

#include <errno.h>
#include <string.h>

enum { SWITCHING = 101, OK = 200, CREATED = 201, ACCEPTED = 202, NO_CONTENT = 204 };

#define AUDIT_QUERY "q person object from to order format"

/* clang-format off */
const struct route routes[] = {
	{ "POST", "/session", RIGHT_PUBLIC, api_session_post, &sign_in_shape, &session_shape,
	  CREATED, 0, LANE_HASH, "Sign in; sets the session's cookie" },
	{ "GET", "/session", RIGHT_SESSION, api_session_get, NULL, &session_shape,
	  OK, 0, LANE_REQUEST, "Who is signed in" },
	{ "DELETE", "/session", RIGHT_SESSION, api_session_delete, NULL, NULL,
	  NO_CONTENT, ROUTE_UNRECORDED | ROUTE_SIGNS_OUT, LANE_REQUEST, "Sign out" },
	{ "POST", "/session/second", RIGHT_PUBLIC, api_session_second, &code_shape, &session_shape,
	  CREATED, 0, LANE_REQUEST, "The second step of signing in, where POST /session asks for it" },
	{ "POST", "/session/second/options", RIGHT_PUBLIC, api_session_second_options, NULL,
	  &passkey_ask_shape, OK, 0, LANE_REQUEST, "A challenge for a passkey as that second step" },
	{ "POST", "/session/second/passkey", RIGHT_PUBLIC, api_session_second_passkey,
	  &passkey_answer_shape, &session_shape, CREATED, 0, LANE_REQUEST,
	  "The second step of signing in, with a passkey" },
	{ "POST", "/session/passkey/options", RIGHT_PUBLIC, api_session_passkey_options, NULL,
	  &passkey_ask_shape, OK, 0, LANE_REQUEST, "A challenge for whoever has a passkey" },
	{ "POST", "/session/passkey", RIGHT_PUBLIC, api_session_passkey, &passkey_answer_shape,
	  &session_shape, CREATED, 0, LANE_REQUEST,
	  "Sign in with a passkey alone; sets the session's cookie" },
	{ "POST", "/session/verify", RIGHT_SESSION, api_session_verify, &verify_shape, NULL,
	  NO_CONTENT, ROUTE_UNRECORDED, LANE_HASH, "Give the password once more, before what is sensitive" },
	{ "POST", "/session/verify/options", RIGHT_SESSION, api_session_verify_options, NULL,
	  &passkey_ask_shape, OK, ROUTE_UNRECORDED, LANE_REQUEST,
	  "A challenge for one's own passkeys instead, and whether there is a password" },
	{ "POST", "/session/verify/passkey", RIGHT_SESSION, api_session_verify_passkey,
	  &passkey_answer_shape, NULL, NO_CONTENT, ROUTE_UNRECORDED, LANE_REQUEST,
	  "Show the passkey once more, before what is sensitive" },
	{ "POST", "/setup", RIGHT_PUBLIC, api_setup_post, &setup_shape, NULL,
	  NO_CONTENT, 0, LANE_HASH, "Make the first administrator, with the one-time token" },

	{ "GET", "/registration", RIGHT_PUBLIC, api_registration_get, NULL, &registration_state_shape,
	  OK, 0, LANE_REQUEST, "Whether strangers may register" },
	{ "GET", "/captcha", RIGHT_PUBLIC, api_captcha_get, NULL, NULL,
	  OK, ROUTE_DOCUMENT, LANE_REQUEST, "Work to do before a stranger has a mail sent: an ALTCHA 3 challenge" },
	{ "POST", "/registration", RIGHT_PUBLIC, api_registration_post, &registration_shape, NULL,
	  ACCEPTED, 0, LANE_REQUEST, "Ask for an account and a company; a mail has the link" },
	{ "POST", "/activation", RIGHT_PUBLIC, api_activation_post, &activation_shape, &session_shape,
	  CREATED, 0, LANE_HASH, "Follow the link of a registration or invitation; signs in" },

	{ "POST", "/password/forgotten", RIGHT_PUBLIC, api_password_forgotten, &forgotten_shape, NULL,
	  ACCEPTED, 0, LANE_REQUEST, "Ask for a new password; a mail has the link" },
	{ "POST", "/password/reset", RIGHT_PUBLIC, api_password_reset, &reset_shape, NULL,
	  NO_CONTENT, 0, LANE_HASH, "Follow that link; ends all sessions" },

	{ "GET", "/me", RIGHT_SESSION, api_me_get, NULL, &me_shape,
	  OK, 0, LANE_REQUEST, "One's own account" },
	{ "PUT", "/me", RIGHT_SESSION, api_me_put, &me_edit_shape, &me_shape,
	  OK, 0, LANE_REQUEST, "Change name and language" },
	{ "POST", "/me/password", RIGHT_SESSION, api_me_password, &password_edit_shape, NULL,
	  NO_CONTENT, ROUTE_SIGNS_OUT, LANE_HASH, "Change the password; ends the other sessions" },
	{ "DELETE", "/me/password", RIGHT_SESSION, api_me_password_delete, NULL, NULL,
	  NO_CONTENT, ROUTE_FRESH | ROUTE_SIGNS_OUT, LANE_REQUEST,
	  "Sign in with passkeys only from now on; ends the other sessions" },
	{ "POST", "/me/email", RIGHT_SESSION, api_me_email, &email_edit_shape, NULL,
	  ACCEPTED, ROUTE_FRESH, LANE_REQUEST, "Ask for another address; a mail to it has the link" },
	{ "POST", "/me/email/confirm", RIGHT_PUBLIC, api_me_email_confirm, &email_confirm_shape, NULL,
	  NO_CONTENT, 0, LANE_REQUEST, "Follow that link" },
	{ "GET", "/me/sessions", RIGHT_SESSION, api_me_session_list, NULL, &session_entry_shape,
	  OK, ROUTE_LIST, LANE_REQUEST, "Where one is signed in, the last used first" },
	{ "DELETE", "/me/sessions", RIGHT_SESSION, api_me_session_delete_others, NULL, NULL,
	  NO_CONTENT, ROUTE_SIGNS_OUT, LANE_REQUEST, "End all of them but this one" },
	{ "DELETE", "/me/sessions/:session", RIGHT_SESSION, api_me_session_delete, NULL, NULL,
	  NO_CONTENT, ROUTE_SIGNS_OUT, LANE_REQUEST, "End one" },

	{ "GET", "/me/quiet", RIGHT_SESSION, api_quiet_get, NULL, &quiet_shape,
	  OK, 0, LANE_REQUEST, "When one's apps do not ring" },
	{ "PUT", "/me/quiet", RIGHT_SESSION, api_quiet_put, &quiet_shape, &quiet_shape,
	  OK, 0, LANE_REQUEST, "Replace those times, and say whether missed calls are mailed" },

	{ "POST", "/me/totp", RIGHT_SESSION, api_totp_post, NULL, &totp_secret_shape,
	  CREATED, ROUTE_FRESH, LANE_REQUEST, "A secret for an authenticator app; not on yet" },
	{ "POST", "/me/totp/confirm", RIGHT_SESSION, api_totp_confirm, &totp_confirm_shape,
	  &recovery_codes_shape, OK, 0, LANE_HASH, "Switch the second factor on, with a code of the app" },
	{ "DELETE", "/me/totp", RIGHT_SESSION, api_totp_delete, NULL, NULL,
	  NO_CONTENT, ROUTE_FRESH, LANE_REQUEST, "Switch the second factor off" },
	{ "GET", "/me/passkeys", RIGHT_SESSION, api_passkey_list, NULL, &passkey_shape,
	  OK, ROUTE_LIST, LANE_REQUEST, "One's passkeys, the oldest first" },
	{ "POST", "/me/passkeys/options", RIGHT_SESSION, api_passkey_options, NULL,
	  &passkey_options_shape, OK, ROUTE_FRESH | ROUTE_UNRECORDED, LANE_REQUEST,
	  "What a browser needs to make another" },
	{ "POST", "/me/passkeys", RIGHT_SESSION, api_passkey_post, &passkey_new_shape,
	  &passkey_added_shape, CREATED, ROUTE_FRESH, LANE_REQUEST,
	  "Add the one that it made; the first second factor comes with recovery codes" },
	{ "GET", "/me/passkeys/:passkey", RIGHT_SESSION, api_passkey_get, NULL, &passkey_shape,
	  OK, 0, LANE_REQUEST, "One passkey" },
	{ "PUT", "/me/passkeys/:passkey", RIGHT_SESSION, api_passkey_put, &passkey_edit_shape,
	  &passkey_shape, OK, 0, LANE_REQUEST, "Rename a passkey" },
	{ "DELETE", "/me/passkeys/:passkey", RIGHT_SESSION, api_passkey_delete, NULL, NULL,
	  NO_CONTENT, ROUTE_FRESH, LANE_REQUEST,
	  "Remove a passkey; the last that one can sign in with stays" },

	{ "POST", "/me/recovery-codes", RIGHT_SESSION, api_recovery_codes_post, NULL,
	  &recovery_codes_shape, OK, ROUTE_FRESH, LANE_REQUEST, "New recovery codes; the old ones end" },
	{ "POST", "/me/recovery-codes/kept", RIGHT_SESSION, api_recovery_codes_kept, NULL, NULL,
	  NO_CONTENT, 0, LANE_REQUEST, "They are in a safe place" },

	{ "GET", "/companies", RIGHT_SESSION, api_company_list, NULL, &company_shape,
	  OK, ROUTE_LIST, LANE_REQUEST, "The companies that one administers, by name" },
	{ "POST", "/companies", RIGHT_COMPANY_EDIT, api_company_post, &company_edit_shape,
	  &company_shape, CREATED, 0, LANE_REQUEST, "Found another company; one is its admin" },
	{ "GET", "/companies/:company", RIGHT_COMPANY_READ, api_company_get, NULL, &company_shape,
	  OK, 0, LANE_REQUEST, "One company" },
	{ "PUT", "/companies/:company", RIGHT_COMPANY_EDIT, api_company_put, &company_edit_shape,
	  &company_shape, OK, 0, LANE_REQUEST, "Rename a company" },
	{ "GET", "/companies/:company/admins", RIGHT_COMPANY_READ, api_company_admin_list, NULL,
	  &company_admin_shape, OK, ROUTE_LIST, LANE_REQUEST, "Who administers it, by name" },
	{ "POST", "/companies/:company/admins", RIGHT_COMPANY_EDIT, api_company_admin_post,
	  &company_admin_edit_shape, &company_admin_shape, CREATED, 0, LANE_REQUEST,
	  "Invite another admin" },
	{ "DELETE", "/companies/:company/admins/:person", RIGHT_COMPANY_EDIT,
	  api_company_admin_delete, NULL, NULL, NO_CONTENT, 0, LANE_REQUEST,
	  "Take the role of a company's admin away; the last one stays" },

	{ "GET", "/sites", RIGHT_SESSION, api_site_list, NULL, &site_shape,
	  OK, ROUTE_LIST, LANE_REQUEST, "The sites that one may see, by name; q: parts of names",
	  .query = "q" },
	{ "POST", "/sites", RIGHT_SITE_CREATE, api_site_post, &site_edit_shape, &site_shape,
	  CREATED, 0, LANE_REQUEST, "Make a site in one's company" },
	{ "GET", "/sites/:site", RIGHT_SITE_READ, api_site_get, NULL, &site_shape,
	  OK, 0, LANE_REQUEST, "One site" },
	{ "PUT", "/sites/:site", RIGHT_SITE_EDIT, api_site_put, &site_edit_shape, &site_shape,
	  OK, 0, LANE_REQUEST, "Change a site" },
	{ "DELETE", "/sites/:site", RIGHT_SITE_DELETE, api_site_delete, NULL, NULL,
	  NO_CONTENT, 0, LANE_REQUEST, "Remove a site and everything in it" },

	{ "GET", "/sites/:site/type-change", RIGHT_SITE_EDIT, api_type_change_get, NULL,
	  &type_change_shape, OK, 0, LANE_REQUEST, "What another type would change", "type" },
	{ "PUT", "/sites/:site/type-change", RIGHT_SITE_EDIT, api_type_change_put, &type_edit_shape,
	  &site_shape, OK, 0, LANE_REQUEST, "Change a site's type" },

	{ "GET", "/sites/:site/summary", RIGHT_SITE_READ, api_summary_get, NULL, &summary_shape,
	  OK, 0, LANE_REQUEST, "The figures of a site, as far as one may read them",
	  .query = "today" },
	{ "GET", "/sites/:site/search", RIGHT_SITE_READ, api_search_get, NULL, &search_shape,
	  OK, 0, LANE_REQUEST, "Devices, people and apartments by parts of their names",
	  .query = "q" },

	{ "GET", "/sites/:site/apartments", RIGHT_APARTMENT_READ, api_apartment_list, NULL,
	  &apartment_shape, OK, ROUTE_LIST, LANE_REQUEST, "The apartments, by number" },
	{ "POST", "/sites/:site/apartments", RIGHT_APARTMENT_EDIT, api_apartment_post,
	  &apartment_edit_shape, &apartment_shape, CREATED, 0, LANE_REQUEST, "Make an apartment" },
	{ "GET", "/sites/:site/apartments/:apartment", RIGHT_APARTMENT_READ, api_apartment_get, NULL,
	  &apartment_shape, OK, 0, LANE_REQUEST, "One apartment" },
	{ "PUT", "/sites/:site/apartments/:apartment", RIGHT_APARTMENT_EDIT, api_apartment_put,
	  &apartment_edit_shape, &apartment_shape, OK, 0, LANE_REQUEST, "Change an apartment" },
	{ "DELETE", "/sites/:site/apartments/:apartment", RIGHT_APARTMENT_EDIT, api_apartment_delete,
	  NULL, NULL, NO_CONTENT, 0, LANE_REQUEST, "Remove an apartment without devices" },

	{ "GET", "/sites/:site/users", RIGHT_USER_READ, api_user_list, NULL, &user_shape,
	  OK, ROUTE_LIST, LANE_REQUEST, "The people of the site, by name; order: name or -name",
	  "q role apartment order" },
	{ "POST", "/sites/:site/users", RIGHT_USER_EDIT, api_user_post, &user_edit_shape, &user_shape,
	  CREATED, 0, LANE_REQUEST, "Make a user, or let a person in who has an account" },
	{ "GET", "/sites/:site/users/:user", RIGHT_USER_READ, api_user_get, NULL, &user_shape,
	  OK, 0, LANE_REQUEST, "One user" },
	{ "PUT", "/sites/:site/users/:user", RIGHT_USER_EDIT, api_user_put, &user_edit_shape,
	  &user_shape, OK, 0, LANE_REQUEST, "Change a user" },
	{ "DELETE", "/sites/:site/users/:user", RIGHT_USER_EDIT, api_user_delete, NULL, NULL,
	  NO_CONTENT, 0, LANE_REQUEST, "Remove a user from the site, with role and apartments" },
	{ "POST", "/sites/:site/users/:user/invitation", RIGHT_USER_EDIT, api_user_invitation_post,
	  NULL, NULL, NO_CONTENT, 0, LANE_REQUEST, "Send the invitation again" },
	{ "GET", "/sites/:site/apartments/:apartment/residents", RIGHT_HOME_READ, api_resident_list,
	  NULL, &user_shape, OK, ROUTE_LIST, LANE_REQUEST, "An apartment's people, by name" },
	{ "POST", "/sites/:site/apartments/:apartment/residents", RIGHT_HOME_EDIT, api_resident_post,
	  &residents_edit_shape, &residents_shape, CREATED, 0, LANE_REQUEST,
	  "Let users move in, new ones and those whom the site has, all or none" },
	{ "PUT", "/sites/:site/apartments/:apartment/residents/:user", RIGHT_HOME_EDIT,
	  api_resident_put, &resident_edit_shape, &user_shape, OK, 0, LANE_REQUEST,
	  "Move a user in; change whether he is the apartment's admin, and what is known of him" },
	{ "DELETE", "/sites/:site/apartments/:apartment/residents/:user", RIGHT_HOME_EDIT,
	  api_resident_delete, NULL, NULL, NO_CONTENT, 0, LANE_REQUEST,
	  "Move a user out; an apartment's admin removes whoever lives nowhere else" },

	{ "GET", "/sites/:site/homes", RIGHT_SITE_READ, api_home_list, NULL, &home_shape,
	  OK, ROUTE_LIST, LANE_REQUEST, "The apartments where one lives oneself" },
	{ "GET", "/sites/:site/apartments/:apartment/home", RIGHT_HOME_READ, api_home_get, NULL,
	  &home_shape, OK, 0, LANE_REQUEST, "An apartment with its people and devices" },
	{ "GET", "/sites/:site/apartments/:apartment/move-out", RIGHT_USER_READ, api_move_out_get,
	  NULL, &move_out_shape, OK, 0, LANE_REQUEST, "What moving out would take away" },
	{ "POST", "/sites/:site/apartments/:apartment/move-out", RIGHT_USER_EDIT, api_move_out_post,
	  &move_out_edit_shape, &move_out_shape, OK, 0, LANE_REQUEST,
	  "Move out; answers what it took away" },

	{ "GET", "/sites/:site/devices", RIGHT_DEVICE_READ, api_device_list, NULL, &device_shape,
	  OK, ROUTE_LIST, LANE_REQUEST, "The devices, by name" },
	{ "POST", "/sites/:site/devices", RIGHT_DEVICE_EDIT, api_device_post, &device_edit_shape,
	  &device_shape, CREATED, 0, LANE_REQUEST, "Make a device, with a SIP account of its own" },
	{ "GET", "/sites/:site/devices/:device", RIGHT_DEVICE_READ, api_device_get, NULL,
	  &device_shape, OK, 0, LANE_REQUEST, "One device" },
	{ "PUT", "/sites/:site/devices/:device", RIGHT_DEVICE_EDIT, api_device_put,
	  &device_edit_shape, &device_shape, OK, 0, LANE_REQUEST, "Change a device" },
	{ "DELETE", "/sites/:site/devices/:device", RIGHT_DEVICE_EDIT, api_device_delete, NULL, NULL,
	  NO_CONTENT, 0, LANE_REQUEST, "Remove a device" },
	{ "GET", "/sites/:site/devices/:device/credentials", RIGHT_CREDENTIALS, api_credentials_get,
	  NULL, &credentials_shape, OK, 0, LANE_REQUEST, "The SIP account to type into the device" },
	{ "POST", "/sites/:site/devices/:device/credentials", RIGHT_CREDENTIALS, api_credentials_post,
	  NULL, &credentials_shape, OK, 0, LANE_REQUEST, "Renew the SIP password" },
	{ "GET", "/sites/:site/devices/:device/buttons", RIGHT_DEVICE_READ, api_buttons_get, NULL,
	  &buttons_shape, OK, 0, LANE_REQUEST, "What an intercom's buttons ring" },
	{ "PUT", "/sites/:site/devices/:device/buttons", RIGHT_DEVICE_EDIT, api_buttons_put,
	  &buttons_shape, &buttons_shape, OK, 0, LANE_REQUEST, "Replace an intercom's buttons" },
	{ "POST", "/sites/:site/devices/:device/buttons/:button/test", RIGHT_DEVICE_EDIT,
	  api_button_test, NULL, &test_call_shape, ACCEPTED, 0, LANE_REQUEST,
	  "Ring what a button rings, without the intercom; a few an hour" },
	{ "GET", "/sites/:site/devices/:device/switches", RIGHT_DEVICE_READ, api_switches_get, NULL,
	  &switches_shape, OK, 0, LANE_REQUEST, "What a call may switch at an intercom" },
	{ "PUT", "/sites/:site/devices/:device/switches", RIGHT_DEVICE_EDIT, api_switches_put,
	  &switches_shape, &switches_shape, OK, 0, LANE_REQUEST, "Replace an intercom's switches" },
	{ "GET", "/sites/:site/devices/:device/local", RIGHT_DEVICE_EDIT, api_local_get, NULL,
	  &local_shape, OK, 0, LANE_REQUEST,
	  "What to set in an intercom so that it calls phones in local mode by itself" },

	{ "GET", "/sites/:site/directories", RIGHT_DEVICE_READ, api_phone_directory_list, NULL,
	  &phone_directory_entry_shape, OK, ROUTE_LIST, LANE_REQUEST,
	  "The phone directories, by name; all on one page" },
	{ "POST", "/sites/:site/directories", RIGHT_DEVICE_EDIT, api_phone_directory_post,
	  &phone_directory_edit_shape, &phone_directory_shape, CREATED, 0, LANE_REQUEST,
	  "Make a phone directory" },
	{ "GET", "/sites/:site/directories/:directory", RIGHT_DEVICE_READ, api_phone_directory_get,
	  NULL, &phone_directory_shape, OK, 0, LANE_REQUEST,
	  "Whom a device may call that has this directory" },
	{ "PUT", "/sites/:site/directories/:directory", RIGHT_DEVICE_EDIT, api_phone_directory_put,
	  &phone_directory_edit_shape, &phone_directory_shape, OK, 0, LANE_REQUEST,
	  "Change a phone directory, with all its entries" },
	{ "DELETE", "/sites/:site/directories/:directory", RIGHT_DEVICE_EDIT,
	  api_phone_directory_delete, NULL, NULL, NO_CONTENT, 0, LANE_REQUEST,
	  "Remove a phone directory that no device has" },

	{ "GET", "/sites/:site/line", RIGHT_DEVICE_READ, api_line_get, NULL, &line_shape,
	  OK, 0, LANE_REQUEST, "What the site calls phones outside through" },
	{ "PUT", "/sites/:site/line", RIGHT_CREDENTIALS, api_line_put, &line_edit_shape, &line_shape,
	  OK, 0, LANE_REQUEST, "Set the line to phones outside" },
	{ "DELETE", "/sites/:site/line", RIGHT_CREDENTIALS, api_line_delete, NULL, NULL,
	  NO_CONTENT, 0, LANE_REQUEST, "Call no phones outside any more" },

	{ "GET", "/sites/:site/calls", RIGHT_CALL_READ, api_call_list, NULL, &call_shape,
	  OK, ROUTE_LIST, LANE_REQUEST,
	  "The calls, newest first; rang=late: those of intercoms whose first phone rang after 3 s or "
	  "more, or none at all",
	  .query = "rang" },
	{ "GET", "/sites/:site/calls/:call", RIGHT_CALL_READ, api_call_get, NULL, &call_detail_shape,
	  OK, 0, LANE_REQUEST, "One call, and what became of each device that it was to ring" },
	{ "GET", "/sites/:site/calls/:call/picture", RIGHT_CALL_READ, api_picture_get, NULL, NULL,
	  OK, ROUTE_DOCUMENT, LANE_REQUEST, "Its picture, a JPEG; 404 without one" },

	{ "GET", "/sites/:site/contacts", RIGHT_CONTACT_READ, api_contact_list, NULL, &contact_shape,
	  OK, ROUTE_LIST, LANE_REQUEST, "Whom to turn to, in order; all on one page" },
	{ "POST", "/sites/:site/contacts", RIGHT_CONTACT_EDIT, api_contact_post, &contact_edit_shape,
	  &contact_shape, CREATED, 0, LANE_REQUEST, "Add a contact" },
	{ "GET", "/sites/:site/contacts/:contact", RIGHT_CONTACT_READ, api_contact_get, NULL,
	  &contact_shape, OK, 0, LANE_REQUEST, "One contact" },
	{ "PUT", "/sites/:site/contacts/:contact", RIGHT_CONTACT_EDIT, api_contact_put,
	  &contact_edit_shape, &contact_shape, OK, 0, LANE_REQUEST, "Change a contact" },
	{ "DELETE", "/sites/:site/contacts/:contact", RIGHT_CONTACT_EDIT, api_contact_delete, NULL,
	  NULL, NO_CONTENT, 0, LANE_REQUEST, "Remove a contact" },

	{ "GET", "/sites/:site/tickets", RIGHT_CONTACT_READ, api_ticket_list, NULL,
	  &ticket_entry_shape, OK, ROUTE_LIST, LANE_REQUEST,
	  "One's own tickets, newest first; to who looks after the site all of them", "state" },
	{ "GET", "/sites/:site/tickets/context", RIGHT_CONTACT_READ, api_ticket_context_get, NULL,
	  &ticket_context_shape, OK, 0, LANE_REQUEST, "What a ticket would have attached", "page" },
	{ "POST", "/sites/:site/tickets", RIGHT_CONTACT_READ, api_ticket_post, &ticket_edit_shape,
	  &ticket_shape, CREATED, ROUTE_UNRECORDED, LANE_REQUEST, "Report a problem" },
	{ "GET", "/sites/:site/tickets/:ticket", RIGHT_CONTACT_READ, api_ticket_get, NULL,
	  &ticket_shape, OK, 0, LANE_REQUEST, "One ticket with its conversation" },
	{ "PUT", "/sites/:site/tickets/:ticket", RIGHT_CONTACT_READ, api_ticket_put,
	  &ticket_state_shape, &ticket_shape, OK, ROUTE_UNRECORDED, LANE_REQUEST,
	  "Close a ticket, or open it again" },
	{ "POST", "/sites/:site/tickets/:ticket/messages", RIGHT_CONTACT_READ,
	  api_ticket_message_post, &ticket_message_edit_shape, &ticket_message_shape, CREATED,
	  ROUTE_UNRECORDED, LANE_REQUEST, "Answer, or ask on" },

	{ "GET", "/me/data", RIGHT_SESSION, api_own_data_get, NULL, NULL,
	  OK, ROUTE_DOCUMENT, LANE_REQUEST, "All that is kept about oneself" },
	{ "GET", "/sites/:site/users/:user/data", RIGHT_USER_READ, api_user_data_get, NULL, NULL,
	  OK, ROUTE_DOCUMENT, LANE_REQUEST, "What is kept about a person, as far as one may see it" },
	{ "GET", "/sites/:site/users/:user/erase", RIGHT_USER_EDIT, api_erase_get, NULL,
	  &erase_preview_shape, OK, 0, LANE_REQUEST, "What erasing the person would take away" },
	{ "POST", "/sites/:site/users/:user/erase", RIGHT_USER_EDIT, api_erase_post, NULL,
	  &erased_shape, OK, 0, LANE_REQUEST, "Erase the person; the trail keeps an alias" },

	{ "GET", "/sites/:site/audit", RIGHT_AUDIT_READ, api_audit_list, NULL, &audit_shape,
	  OK, ROUTE_LIST, LANE_REQUEST, "Who changed what in the site, newest first, or oldest (order=at); as JSON or CSV",
	  AUDIT_QUERY },
	{ "GET", "/companies/:company/audit", RIGHT_AUDIT_READ, api_audit_list, NULL, &audit_shape,
	  OK, ROUTE_LIST, LANE_REQUEST, "Who changed what in the company and its sites, newest first",
	  AUDIT_QUERY },

	{ "GET", "/sites/:site/imports", RIGHT_USER_EDIT, api_import_list, NULL, &import_shape,
	  OK, ROUTE_LIST, LANE_REQUEST, "The imports of people that are kept, newest first" },
	{ "POST", "/sites/:site/imports", RIGHT_USER_EDIT, api_import_post, NULL, &import_shape,
	  CREATED, ROUTE_UPLOAD, LANE_SLOW, "Upload a CSV, XLSX or XLS file of people: makes a preview",
	  "name delimiter encoding", SHEET_FILE_MAX },
	{ "GET", "/sites/:site/imports/template", RIGHT_USER_EDIT, api_import_template, NULL, NULL,
	  OK, ROUTE_DOCUMENT, LANE_SLOW, "An empty file to fill in", "format" },
	{ "GET", "/sites/:site/imports/:import", RIGHT_USER_EDIT, api_import_get, NULL, &import_shape,
	  OK, 0, LANE_REQUEST, "One import: its state and what becomes of how many rows" },
	{ "DELETE", "/sites/:site/imports/:import", RIGHT_USER_EDIT, api_import_delete, NULL, NULL,
	  NO_CONTENT, 0, LANE_REQUEST, "Discard a file that was not imported" },
	{ "GET", "/sites/:site/imports/:import/rows", RIGHT_USER_EDIT, api_import_rows, NULL,
	  &import_row_shape, OK, ROUTE_LIST, LANE_REQUEST, "The rows of the file with their fate", "fate" },
	{ "POST", "/sites/:site/imports/:import/start", RIGHT_USER_EDIT, api_import_start,
	  &import_start_shape, &import_shape, OK, 0, LANE_REQUEST, "Import the file for good" },
	{ "GET", "/sites/:site/imports/:import/result", RIGHT_USER_EDIT, api_import_result, NULL, NULL,
	  OK, ROUTE_DOCUMENT, LANE_SLOW, "The file with what became of each row", "format" },
	{ "GET", "/sites/:site/users/export", RIGHT_USER_READ, api_user_export, NULL, NULL,
	  OK, ROUTE_DOCUMENT, LANE_SLOW, "The people of the site as a file that imports again", "format" },

	{ "GET", "/suspects", RIGHT_SUSPECT_READ, api_suspect_list, NULL, &suspect_shape,
	  OK, ROUTE_LIST, LANE_REQUEST, "Hosts that guess SIP passwords, those heard of last first" },
	{ "POST", "/suspects/forget", RIGHT_SUSPECT_EDIT, api_suspect_forget, &suspect_edit_shape,
	  NULL, NO_CONTENT, 0, LANE_REQUEST,
	  "Take a host off the list: nothing that it did before is held against it" },

	{ "GET", "/mails", RIGHT_MAIL_READ, api_mail_list, NULL, &mail_shape,
	  OK, ROUTE_LIST, LANE_REQUEST, "The outbox, newest first; state, and q: a part of the address",
	  .query = "state q" },
	{ "GET", "/mails/outbox", RIGHT_MAIL_READ, api_outbox_get, NULL, &outbox_shape,
	  OK, 0, LANE_REQUEST, "How many mails there are in each state, and whether they can be sent" },
	{ "GET", "/mails/:mail", RIGHT_MAIL_READ, api_mail_get, NULL, &mail_letter_shape,
	  OK, 0, LANE_REQUEST, "One mail, with what it says" },
	{ "GET", "/mails/:mail/html", RIGHT_MAIL_READ, api_mail_html_get, NULL, NULL,
	  OK, ROUTE_DOCUMENT, LANE_REQUEST, "Its HTML, for a frame: a page without origin or scripts" },
	{ "POST", "/mails/:mail/retry", RIGHT_MAIL_EDIT, api_mail_retry, NULL, &mail_shape,
	  OK, 0, LANE_REQUEST, "Try a mail again that was not sent" },

	{ "POST", "/app/session", RIGHT_PUBLIC, api_app_session_post, &app_sign_in_shape, NULL,
	  NO_CONTENT, 0, LANE_REQUEST,
	  "Sign in as an app, with its device ID and password; sets a cookie of its own" },
	{ "DELETE", "/app/session", RIGHT_PUBLIC, api_app_session_delete, NULL, NULL,
	  NO_CONTENT, 0, LANE_REQUEST, "End that session" },
	{ "GET", "/app", RIGHT_APP, api_app_get, NULL, &app_shape,
	  OK, 0, LANE_REQUEST, "The apps that one acts for, and whom each may call" },
	{ "GET", "/app/calls", RIGHT_APP, api_app_call_list, NULL, &app_call_shape,
	  OK, ROUTE_LIST, LANE_REQUEST, "Their calls, newest first; device: of one of them",
	  .query = "device" },
	{ "GET", "/app/live", RIGHT_APP, api_app_live_get, NULL, NULL, SWITCHING, ROUTE_LIVE,
	  LANE_REQUEST, "A WebSocket through which apps ring, answer, call and open: see doc/api.md" },
	{ "GET", "/app/calls/:call/picture", RIGHT_APP, api_app_picture_get, NULL, NULL,
	  OK, ROUTE_DOCUMENT, LANE_REQUEST, "The picture of a call that one was rung in, a JPEG" },
	{ "PUT", "/app/calls/:call/picture", RIGHT_APP, api_app_picture_put, NULL, NULL,
	  NO_CONTENT, ROUTE_UPLOAD | ROUTE_UNRECORDED, LANE_REQUEST,
	  "Give a call its picture, a JPEG, from an app that it rings or rang; the first stays. "
	  "device: which app that is, of several",
	  .query = "device", .body_max = PICTURE_BYTES_MAX },
	{ "GET", "/app/calls/:call/snapshot", RIGHT_APP, api_app_snapshot_get, NULL, NULL,
	  OK, ROUTE_DOCUMENT, LANE_REQUEST,
	  "What the door's camera shows now, a JPEG, while the call rings one or one talks in it and "
	  "it has no video; 204 until the camera has given one, 404 without a camera" },
	{ "GET", "/app/push", RIGHT_APP, api_push_get, NULL, &push_key_shape,
	  OK, 0, LANE_REQUEST, "With what a browser subscribes to notices of calls" },
	{ "PUT", "/app/push", RIGHT_APP, api_push_put, &push_shape, NULL,
	  NO_CONTENT, ROUTE_UNRECORDED, LANE_REQUEST,
	  "Have this browser woken when one's apps are rung; it ends with the session" },
	{ "DELETE", "/app/push", RIGHT_APP, api_push_delete, NULL, NULL,
	  NO_CONTENT, ROUTE_UNRECORDED, LANE_REQUEST, "Have it woken no more", .query = "endpoint" },
	{ "POST", "/app/push/seen", RIGHT_PUBLIC, api_push_seen, &push_told_shape, NULL,
	  NO_CONTENT, 0, LANE_REQUEST, "A notice of a call has come: it is not sent again" },
	{ "POST", "/app/open", RIGHT_PUBLIC, api_push_open, &push_told_shape, NULL,
	  NO_CONTENT, 0, LANE_REQUEST, "Open the caller's door from a notice, once" },

	{ "GET", "/live", RIGHT_LIVE, api_live_get, NULL, &live_event_shape, SWITCHING, ROUTE_LIVE,
	  LANE_REQUEST, "A WebSocket that sends what changes on a site" },
	{ "GET", "/openapi.json", RIGHT_PUBLIC, api_openapi_get, NULL, NULL,
	  OK, ROUTE_DOCUMENT, LANE_REQUEST, "This document" },
};
/* clang-format on */
const size_t routes_n = sizeof(routes) / sizeof(routes[0]);

bool route_has_site(const struct route *route)
{
	return view_starts(view_str(route->path), VIEW("/sites/:site"));
}

bool route_is_live_site(const struct route *route)
{
	return (route->flags & ROUTE_LIVE) && route->right != RIGHT_APP;
}

bool route_has_company(const struct route *route)
{
	return view_starts(view_str(route->path), VIEW("/companies/:company"));
}

bool route_has_apartment(const struct route *route)
{
	return view_starts(view_str(route->path), VIEW("/sites/:site/apartments/:apartment"));
}

static struct view segment(struct view *path)
{
	const struct view rest = { path->p + 1, path->n - 1 };
	struct view behind;
	const struct view found = view_cut(rest, '/', &behind);

	*path = (struct view){ found.p + found.n, rest.n - found.n };
	return found;
}

static bool match(const char *pattern_text, struct view path, int64_t ids[ROUTE_IDS_MAX])
{
	struct view pattern = view_str(pattern_text);
	size_t n = 0;

	while (pattern.n > 0 && path.n > 0 && path.p[0] == '/') {
		const struct view want = segment(&pattern), have = segment(&path);
		uint64_t id;

		if (want.p[0] != ':') {
			if (!view_eq(want, have))
				return false;
		} else if (n < ROUTE_IDS_MAX && view_u64(have, INT64_MAX, &id) == 0) {
			ids[n++] = (int64_t)id;
		} else {
			return false;
		}
	}
	return pattern.n == 0 && path.n == 0;
}

static void allow_add(char allow[ROUTE_ALLOW_MAX], const char *method)
{
	const size_t n = strlen(allow);

	if (n + strlen(method) + 3 <= ROUTE_ALLOW_MAX)
		stpcpy(stpcpy(allow + n, n ? ", " : ""), method);
}

int route_find(struct view method, struct view path, const struct route **ret_route,
	       int64_t ret_ids[ROUTE_IDS_MAX], char ret_allow[ROUTE_ALLOW_MAX])
{
	char allow[ROUTE_ALLOW_MAX] = "";
	int64_t ids[ROUTE_IDS_MAX] = {};

	if (view_eq(method, VIEW("HEAD")))
		method = VIEW("GET");
	for (size_t i = 0; i < routes_n; i++) {
		if (!match(routes[i].path, path, ids))
			continue;
		if (view_eq(method, view_str(routes[i].method))) {
			*ret_route = &routes[i];
			memcpy(ret_ids, ids, sizeof(ids));
			return 0;
		}
		allow_add(allow, routes[i].method);
	}
	if (!allow[0])
		return -ENOENT;
	memcpy(ret_allow, allow, sizeof(allow));
	return -ENOTSUP;
}
