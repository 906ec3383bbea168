"""AutoGen, behind this folder alone: nobody else imports it."""
