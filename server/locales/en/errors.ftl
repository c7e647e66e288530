# What people are told when a call is refused or fails: what is wrong, and what to do. A message is named
# as its reason in error_reason.proto. What stands beside it in the error's metadata may be used here
# (server/src/messages/mod.rs has the names); `.plain` is told where one of them is missing.

# What was sent
INVALID_FIELD = Something that was entered is not allowed, in { $field }. Correct it and try again.
    .plain = Something that was entered is not allowed. Correct it and try again.
INVALID_MESSAGE = The terminal and the server do not understand each other. Install the newest program on the terminal.
INVALID_METADATA = The terminal sent something that the server does not understand. Install the newest program on the terminal.
IDEMPOTENCY_KEY_REQUIRED = The terminal's program left something out. Install the newest one, or tell its maker.
IDEMPOTENCY_KEY_REUSED = The terminal sent two different things under one name, and nothing was done now. Begin anew.
PRODUCT_NOT_FOUND = There is no such product. Look for it by its name, or have it entered.
BARCODE_AMBIGUOUS = Several products have this barcode. Choose the right one from the list.
AMOUNT_OVERFLOW = An amount is too large. Check the figures.
CHANGE_NOT_CASH = More was charged than is left to pay, and only cash gives change. Charge the amount that is left.
CARD_NUMBER_REFUSED = This looks like a card number, which must never be written down. Take it out.

# Who may do it
TOKEN_INVALID = This terminal is not signed in, or no longer. Sign in again; if that does not help, have the terminal paired again.
ROLE_REQUIRED = { $role ->
    [cashier] Somebody has to sign in first, as a cashier or above.
    [supervisor] Only a supervisor or somebody above may do this. Ask one.
    [admin] Only an admin or the owner may do this. Ask one.
    [owner] Only the owner may do this.
   *[other] You may not do this. Ask somebody who may.
    }
    .plain = You may not do this. Ask somebody who may.
WRONG_BRANCH = This belongs to another branch or register. Do it there, or choose one of your own.
APPROVAL_REQUIRED = { $action ->
    [DISCOUNT] You may not give this much off alone. Have a supervisor approve it.
    [PRICE_OVERRIDE] You may not sell at another price alone. Have a supervisor approve it.
    [VOID_SALE] You may not take a sale back alone. Have a supervisor approve it.
    [OPEN_DRAWER] You may not open the drawer without a sale alone. Have a supervisor approve it.
    [PAID_OUT] You may not pay this much out alone. Have a supervisor approve it.
    [REFUND_TENDER] You may not give money back another way than it was paid alone. Have a supervisor approve it.
    [STOCK_ADJUSTMENT] You may not adjust the stock by this much alone. Have a supervisor approve it.
    [DRAWER] You may not move the cash of this drawer like this alone. Have a supervisor approve it.
    [CLOSE_SHIFT] You may not close a colleague's shift alone. Have a supervisor approve it.
   *[other] You may not do this alone. Have a supervisor approve it.
    }
    .plain = You may not do this alone. Have a supervisor approve it.
APPROVAL_INVALID = The approval is not for this. Ask for a new one.
APPROVAL_EXPIRED = The approval has expired. Ask for a new one.
APPROVAL_USED = The approval was used before, and is good for once. Ask for a new one.
OWNER_REQUIRED = The first owner must stay an owner, and active: this PC stands for them. Change somebody else.
PAIRING_CODE_INVALID = The pairing code is wrong, used or too old. Check it, or have a new one made.
PAIRING_DELAYED = { $wait_seconds ->
    [one] Too many wrong pairing codes. Wait one second and try again.
   *[other] Too many wrong pairing codes. Wait { $wait_seconds } seconds and try again.
    }
    .plain = Too many wrong pairing codes. Wait a little and try again.
PIN_WRONG = { $delay_seconds ->
    [one] The PIN is wrong. Wait one second and try again.
   *[other] The PIN is wrong. Wait { $delay_seconds } seconds and try again.
    }
    .plain = The PIN is wrong. Try again.
PIN_DELAYED = { $wait_seconds ->
    [one] Too many wrong PINs. Wait one second, or have a supervisor unlock the user.
   *[other] Too many wrong PINs. Wait { $wait_seconds } seconds, or have a supervisor unlock the user.
    }
    .plain = Too many wrong PINs. Wait a little, or have a supervisor unlock the user.
PIN_NOT_SET = This user has no PIN yet. Have an admin set one.
USER_INACTIVE = This user may not sign in any more. Ask an admin.
FIGURES_WITHHELD = These figures are shown after the count. Count first.
NOT_YOUR_SHIFT = The shift { $shift_number } is somebody else's. Ask a supervisor.
    .plain = This shift is somebody else's. Ask a supervisor.
MODULE_DISABLED = { $module ->
    [customers] Customers are switched off in this shop. An admin can switch them on in the settings.
    [purchasing] Purchases are switched off in this shop. An admin can switch them on in the settings.
    [stock_transfers] Transfers of goods are switched off in this shop. An admin can switch them on in the settings.
    [attendance] Attendance is switched off in this shop. An admin can switch it on in the settings.
   *[other] This is switched off in this shop. An admin can switch it on in the settings.
    }
    .plain = This is switched off in this shop. An admin can switch it on in the settings.
OWN_CLOCK_OUT = Nobody says afterwards when they left themselves. Ask another supervisor.

# What is not there
ORDER_NOT_FOUND = There is no such sale. Check the number on the receipt.
DRAFT_NOT_FOUND = This cart is not there any more. Begin a new one.
CUSTOMER_NOT_FOUND = There is no such customer. Search again, or register the customer.
SHIFT_NOT_FOUND = There is no such shift. Choose one from the list.
REGISTER_NOT_FOUND = There is no such register. Choose one from the list.
BRANCH_NOT_FOUND = There is no such branch. Choose one from the list.
USER_NOT_FOUND = There is no such user. Check the name.
TERMINAL_NOT_FOUND = There is no such terminal. Choose one from the list.
MOVEMENT_NOT_FOUND = There is no such cash movement. Choose one from the list.
TRANSFER_NOT_FOUND = There is no such cash transfer. Choose one from the list.
PURCHASE_NOT_FOUND = There is no such purchase in this branch. Choose one from the list.
STOCK_TRANSFER_NOT_FOUND = No such transfer of goods comes from this branch or goes to it. Choose one from the list.
STOCK_ADJUSTMENT_NOT_FOUND = There is no such stock adjustment in this branch. Choose one from the list.
STOCK_COUNT_NOT_FOUND = No such stock count is open in this branch. Choose one from the list.

# What is there already
ORDER_EXISTS = This sale is in the books already, as { $receipt_number }. Do not sell it again.
    .plain = This sale is in the books already. Do not sell it again.
SHIFT_EXISTS = This shift is in the books already, as { $shift_number }. Go on with it, or open a new one.
    .plain = This shift is in the books already. Go on with it, or open a new one.
TRANSFER_EXISTS = This cash transfer is in the books already. Look at the list of transfers.
ATTENDANCE_EXISTS = This attendance is in the books already. Look at the list.
CUSTOMER_CODE_TAKEN = Another customer has this code. Choose another code.
PURCHASE_DOCUMENT_EXISTS = This supplier's document was entered before, in the purchase { $number }. Check that the goods are not counted twice.
    .plain = This supplier's document was entered before. Check that the goods are not counted twice.
STOCK_TRANSFER_EXISTS = This transfer of goods is in the books already. Look at the list of transfers.
STOCK_ADJUSTMENT_EXISTS = This stock adjustment is in the books already. Look at the list.
STOCK_COUNT_EXISTS = This stock count is in the books already. Look at the list.

# What can't be done now
NO_OPEN_SHIFT = No shift is open on the register { $register }. Open one first.
    .plain = No shift is open. Open one first.
SHIFT_ENDED = The shift { $shift_number } takes no more sales. Open a new one.
    .plain = The shift takes no more sales. Open a new one.
SHIFT_CLOSED = The shift { $shift_number } is counted and closed, and does not change any more.
    .plain = The shift is counted and closed, and does not change any more.
USER_HAS_OPEN_SHIFT = The shift { $shift_number } is still open on another register. Close it there first.
    .plain = A shift is still open on another register. Close it there first.
INSUFFICIENT_STOCK = There is not enough of { $product }: { $available } left, { $requested } asked for. Take less, or have the stock corrected.
    .plain = There is not enough in stock. Take less, or have the stock corrected.
TOTAL_MISMATCH = A price has changed: the total is { $total }, not { $expected }. Look at the total and confirm it again.
    .plain = A price has changed. Look at the total and confirm it again.
TENDER_SHORT = { $amount_due } of { $total } is still to be paid. Take the rest.
    .plain = Not everything is paid yet. Take the rest.
CURRENCY_MISMATCH = The shop's currency is { $shop }, not { $given }. Enter the amount in { $shop }.
    .plain = The amount is in another currency than the shop's. Enter it in the shop's currency.
CURRENCY_FROZEN = The shop's currency can't be changed any more: there are sales, purchases or prices in it.
KEY_EXPIRED = This was done before, some time ago, and is not done again. Look in the list whether it is there.
EPOCH_CHANGED = The server was restored from a backup meanwhile. Load the list again.
VERSION_MISMATCH = Somebody else has changed this meanwhile. Look at it again, then repeat your change.
REFUND_EXCEEDS_SALE = Only { $returnable } of this is left to give back. Check the receipt and what was given back before.
    .plain = That is more than is left to give back. Check the receipt and what was given back before.
REFUND_TENDER_MISMATCH = { $cash } goes back in cash. Pay back the way it was paid, or have another way approved.
    .plain = The money has to go back the way it was paid. Change the amounts, or have another way approved.
ORDER_NOT_REVERSIBLE = { $receipt_number } can't be taken back: it is a refund or a training sale, or was taken back before. Look at it in the list.
    .plain = This can't be taken back: it is a refund or a training sale, or was taken back before. Look at it in the list.
INSUFFICIENT_CASH = There is only { $balance } in the drawer. Put cash in first, or pay out less.
    .plain = There is not enough cash in the drawer. Put cash in first, or pay out less.
VARIANCE_REASON_REQUIRED = { $tender ->
    [CASH] The cash that was counted differs from what should be there. Count again, or write down the reason.
    [CARD] The cards that were counted differ from what should be there. Count again, or write down the reason.
   *[other] The count differs from what should be there. Count again, or write down the reason.
    }
    .plain = The count differs from what should be there. Count again, or write down the reason.
COUNT_REQUIRED = The shift { $shift_number } ended without a count. Count the drawer, and enter what is in it.
    .plain = The last shift ended without a count. Count the drawer, and enter what is in it.
TRANSFER_RECEIVED = { $state ->
    [CASH_TRANSFER_STATE_TAKEN_BACK] This cash was taken back already.
   *[other] This cash was received already.
    }
    .plain = This cash is in a drawer already.
MOVEMENT_NOT_REVERSIBLE = This cash movement can't be reversed. If it was wrong, record the opposite.
DRAFT_ENDED = { $state ->
    [ORDER_STATE_COMPLETED] This cart was sold already. Begin a new one.
   *[other] This cart was discarded. Begin a new one.
    }
    .plain = This cart is closed. Begin a new one.
DRAFT_HELD = Another terminal has this cart. Take it over first.
TOO_MANY_DRAFTS = { $open_drafts ->
    [one] One cart is open in this branch. Sell or discard it first.
   *[other] { $open_drafts } carts are open in this branch. Sell or discard some first.
    }
    .plain = Too many carts are open in this branch. Sell or discard some first.
ALREADY_CLOCKED_IN = This user is clocked in already, at { $branch_code }. Clock out first.
    .plain = This user is clocked in already. Clock out first.
NOT_CLOCKED_IN = This user is not clocked in. Clock in first.
CUSTOMER_ANONYMIZED = This customer asked to be forgotten. Register the person anew, if they wish.
PURCHASE_APPROVED = The purchase { $number } is approved, and does not change any more.
    .plain = The purchase is approved, and does not change any more.
PURCHASE_CANCELLED = The purchase is cancelled. Enter a new one.
STOCK_TRANSFER_RECEIVED = { $state ->
    [STOCK_TRANSFER_STATE_TAKEN_BACK] The goods of { $number } were taken back already.
   *[other] The goods of { $number } were received already.
    }
    .plain = These goods are on a shelf already.
STOCK_COUNT_FINISHED = { $state ->
    [STOCK_COUNT_STATE_CANCELLED] This stock count was cancelled. Start a new one.
   *[other] This stock count is finished. Start a new one.
    }
    .plain = This stock count is over. Start a new one.
STOCK_COUNT_OPEN = A stock count is open in this branch. Finish or cancel it first.

# The server
DATABASE_BUSY = The server is busy. Wait a moment and try again.
DISK_FULL = The disk of the shop's server is full, and nothing was saved. Stop selling, free space on the server, and call support.
DATABASE_CORRUPT = { $offer ->
    [LOOKING] The shop's data is damaged. Stop selling and call support. The newest good backup is being looked for; do not switch the server off.
    [NONE] The shop's data is damaged. Stop selling and call support. There is no good backup on the server; do not switch it off.
   *[other] The shop's data is damaged. Stop selling and call support. The newest good backup is { $backup }.
    }
    .plain = The shop's data is damaged. Stop selling and call support; do not switch the server off.
DISK_IO = The disk of the shop's server can't be read or written, and nothing was saved. Check its cable and call support.
OUTCOME_UNKNOWN = It is not known whether this was saved. Repeat it on this terminal, which makes sure that it happens only once; do not enter it anew.
DEADLINE_PASSED = { $outcome ->
    [none] The server did not get to it in time, and nothing was saved. Try again.
   *[other] The server did not answer in time, and it is not known whether this was saved. Repeat it on this terminal, which makes sure that it happens only once; do not enter it anew.
    }
    .plain = The server did not answer in time. Repeat it on this terminal, which makes sure that it happens only once; do not enter it anew.
OVERLOADED = The server has too much to do. Wait a moment and try again.
REQUEST_TOO_LARGE = This is too large to be sent. Make it shorter, or send it in parts.
STOPPING = The server is being stopped. Wait until it runs again, then try again.
UNKNOWN_METHOD = The server is older than this terminal's program, and can't do this yet. Have the server brought up to date.
INTERNAL = A fault in Kassa; this was not done. Try again. If it happens again, call support and tell them this number: { $request_id }
    .plain = A fault in Kassa; this was not done. Try again. If it happens again, call support.
DISK_LOW = The disk of the shop's server is nearly full: sales, refunds and drawers go on, and this has to wait. Free space on the server and call support.
MAINTENANCE = The shop's server is being looked after. Wait a few minutes and try again; ask the owner if it takes longer.

# Backups
BACKUP_NOT_FOUND = There is no such backup. Look at the list of backups.
BACKUP_RUNNING = A backup is being made or looked at. Wait until it is done, then try again.
BACKUP_FAILED = No backup was made. Nothing of the shop's data was changed. Try again; if it happens again, call support.
BACKUP_DAMAGED = This backup is damaged and can't be used. Choose another one and call support.
BACKUP_NO_SPACE = There is not enough space for a backup on the server's disk. Free space and try again.
BACKUP_NEWER = This backup was made by a newer version of the program. Install that version to use it.
RESTORE_FAILED = The backup was not restored. The shop's data from before is untouched, and closed. The owner can open it again (kassa maintenance off); then call support.
