// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IWPEAQ} from "./interfaces/IWPEAQ.sol";

/// @title Wrapped PEAQ, one token for one native coin at any time.
/// @dev Source: chain specification. On peaq the precompile 0x809 is this token; deploy this one elsewhere.
contract WPEAQ is ERC20, ERC20Permit, IWPEAQ {
    event Deposit(address indexed account, uint256 amount);
    event Withdrawal(address indexed account, uint256 amount);

    constructor() ERC20("Wrapped PEAQ", "WPEAQ") ERC20Permit("Wrapped PEAQ") {}

    /// @notice A plain transfer of native coin wraps it.
    receive() external payable {
        deposit();
    }

    /// @inheritdoc IWPEAQ
    function deposit() public payable {
        _mint(msg.sender, msg.value);
        emit Deposit(msg.sender, msg.value);
    }

    /// @inheritdoc IWPEAQ
    function withdraw(uint256 amount) external {
        _burn(msg.sender, amount);
        emit Withdrawal(msg.sender, amount);
        Address.sendValue(payable(msg.sender), amount);
    }
}
