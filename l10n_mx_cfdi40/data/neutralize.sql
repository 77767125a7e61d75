-- A copy of a production database must neither sign nor stamp in the company's name.
UPDATE res_company SET l10n_mx_cfdi40_environment = 'test', l10n_mx_cfdi40_stamp_on_post = false;
UPDATE l10n_mx_cfdi40_certificate SET key_sealed = NULL;
UPDATE l10n_mx_cfdi40_pac_account SET secret_sealed = NULL, secret_names = NULL, active = false;
DELETE FROM l10n_mx_cfdi40_certificate_wizard;
